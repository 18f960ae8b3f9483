import type { kk } from './kk';

/** The shape of all texts. Kazakh is written first; the others must say the same things. */
export type Messages = typeof kk;
