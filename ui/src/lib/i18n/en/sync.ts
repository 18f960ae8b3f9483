import type { Messages } from '../messages';

export const sync: Messages['sync'] = {
  title: 'Sync',
  now: 'Sync now',
  running: 'Syncing…',
  pushing: (done, total) => `Sending: ${done} / ${total}`,
  pulling: 'Fetching new records…',
  upToDate: 'Everything is sent',
  waiting: (count) => `Waiting to be sent: ${count}`,
  refused: (count) => `Refused by the operator: ${count}`,
  sealed: (date) => `Sealed for carrying on ${date}, not yet confirmed by the operator`,
  offline: 'No connection',
  offlineText: 'Go on working. The records are safe on the device and leave by themselves when there is a connection.',
  last: (when) => `Last update: ${when}`,
  never: 'Not synced yet',
  distrust: {
    title: 'The operator is not trusted any more',
    findings: {
      'split-view': 'The operator showed a log that contradicts the one it showed before.',
      'other-leaf': 'The operator gave another record at the same place of its log.',
      unproven: 'The answer of the operator is not confirmed by its key.',
    },
    kept: 'Nothing is lost. Go on registering visits: all of it is kept on this device, but not sent for now.',
    todo: 'Call your organisation or the operator and tell them.',
    since: (when) => `Found: ${when}`,
    check: 'Check again',
    checked: 'The operator proved that its log is one. Sending goes on.',
    evidence: 'Save the evidence as a file',
    saved: (where) => `Saved: ${where}`,
  },
};
