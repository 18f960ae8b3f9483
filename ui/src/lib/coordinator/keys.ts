export type KeyAction = 'next' | 'previous' | 'accept' | 'return' | 'search' | 'close';

// By the place of the key, so that they work in the Kazakh and Russian layouts too.
const actions: Record<string, KeyAction> = {
  KeyJ: 'next', KeyK: 'previous', KeyA: 'accept', KeyR: 'return', Slash: 'search', Escape: 'close',
};

/** What a key asks for; nothing while somebody writes, or with a modifier. */
export function keyAction(event: KeyboardEvent): KeyAction | undefined {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const action = actions[event.code];
  const target = event.target instanceof HTMLElement ? event.target : undefined;
  if (target?.closest('[role="dialog"], [role="listbox"]')) return undefined;
  if (target?.closest('input, textarea, select')) {
    if (action === 'close') target.blur();
    return undefined;
  }
  return action;
}
