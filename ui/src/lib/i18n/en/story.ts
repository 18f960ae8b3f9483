import type { Messages } from '../messages';

export const story: Messages['story'] = {
  title: 'Story of the visit',
  hint: 'Each line is a signed record of its own. None is ever changed or erased.',
  kinds: {
    registered: 'Visit registered',
    located: 'Location recorded',
    noted: 'Note written',
    finished: 'Visit finished',
    confirmed: 'Parent confirmed',
    disputed: 'Parent said "That is not right"',
    reviewed: 'Reviewed by a coordinator',
    corrected: 'Correction made',
    'operator-registered': 'Entered in the log of the operator',
  },
  cancelled: 'The visit was taken back and does not count',
  erased: 'The content was erased by law, the signature stays',
  withheld: 'The content is not shown to you, the signature was verified',
};
