import { MediaQuery } from 'svelte/reactivity';

/** True on laptops: list and detail side by side instead of one after the other. */
export const wide = new MediaQuery('(min-width: 900px)');
