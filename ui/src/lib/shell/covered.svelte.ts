import { tick } from 'svelte';

/** Gives the focus back to the row that was pressed, when what covered its list goes. To be called while a component is made. */
export function returnFocus(covered: () => boolean): void {
  let row: Element | null = null;
  // Before the page changes: the row that was pressed still has the focus.
  $effect.pre(() => {
    if (covered()) row = document.activeElement;
    else if (row instanceof HTMLElement) {
      const opened = row;
      row = null;
      void tick().then(() => opened.isConnected && opened.focus({ preventScroll: true }));
    }
  });
}
