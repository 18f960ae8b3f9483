/** Keeps the screen on until the returned function is called, where the system lets a page ask for it. */
export function stayAwake(): () => void {
  let over = false;
  let lock: WakeLockSentinel | undefined;
  const asked = navigator.wakeLock?.request('screen');
  // A refusal (battery saver) only means that the screen may dim.
  asked?.then((granted) => (over ? granted.release() : void (lock = granted))).catch(() => undefined);
  return () => {
    over = true;
    void lock?.release();
  };
}
