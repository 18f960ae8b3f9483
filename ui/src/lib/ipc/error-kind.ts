import type { ErrorCode } from './types';

export type ErrorKind = {
  /** `person`: put right what you entered. `wait`: it passes. `stop`: somebody must help. */
  severity: 'person' | 'wait' | 'stop';
  /** What the button beside the words does. */
  action: 'none' | 'retry' | 'unlock' | 'agreement' | 'reload';
};

const person: ErrorKind = { severity: 'person', action: 'none' };
const stop: ErrorKind = { severity: 'stop', action: 'none' };

/** One table for all failures; the words stand under the same code in i18n. */
export const errorKinds: Record<ErrorCode, ErrorKind> = {
  offline: { severity: 'wait', action: 'retry' },
  'not-an-operator': person,
  'wrong-fingerprint': stop,
  'insecure-address': person,
  'bad-address': person,
  'bad-code': person,
  'unknown-code': person,
  'used-code': person,
  'expired-code': person,
  'too-many-tries': { severity: 'wait', action: 'none' },
  'no-code-in-image': person,
  'code-of-other-kind': person,
  'code-altered': person,
  'code-of-other-operator': person,
  'code-of-unknown-key': person,
  'code-of-other-family': person,
  'code-of-other-visit': person,
  'code-too-old': person,
  'code-read-before': person,
  'code-outdated': person,
  'code-is-own': person,
  'code-too-large': person,
  'not-a-parcel': person,
  'parcel-of-other-operator': person,
  'too-many-parcels': { severity: 'wait', action: 'none' },
  'nothing-to-seal': person,
  'wrong-pin': person,
  'pin-locked': stop,
  'weak-pin': person,
  'keyring-unavailable': { severity: 'stop', action: 'retry' },
  'key-lost': stop,
  'database-damaged': stop,
  'database-too-new': stop,
  'disk-full': { severity: 'stop', action: 'retry' },
  'not-saved': person,
  'trust-ended': stop,
  'sign-in-needed': { severity: 'wait', action: 'retry' },
  'operator-busy': { severity: 'wait', action: 'retry' },
  disbelieved: { severity: 'wait', action: 'retry' },
  locked: { severity: 'wait', action: 'unlock' },
  'agreement-required': { severity: 'person', action: 'agreement' },
  'agreement-incomplete': person,
  'agreement-altered': stop,
  'not-found': { severity: 'person', action: 'reload' },
  'not-allowed': stop,
  'already-open': { severity: 'stop', action: 'retry' },
  stale: { severity: 'person', action: 'reload' },
  'undo-over': person,
  'bad-input': person,
  internal: { severity: 'stop', action: 'retry' },
};
