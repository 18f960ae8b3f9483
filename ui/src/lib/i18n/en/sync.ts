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
  offline: 'No connection',
  offlineText: 'Go on working. The records are safe on the device and leave by themselves when there is a connection.',
  last: (when) => `Last update: ${when}`,
  never: 'Not synced yet',
};
