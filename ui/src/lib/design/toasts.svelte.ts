export type Toast = {
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'info';
  /** How long it stays; an action such as undo is possible for exactly this long. */
  lasts_ms: number;
  action?: { label: string; run: () => void; testid?: string };
};

/** Short messages over the screen, read out politely by screen readers. */
export class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(toast: Omit<Toast, 'id' | 'lasts_ms'> & { lasts_ms?: number }): number {
    const id = this.next++;
    const lasts_ms = toast.lasts_ms ?? 6000;
    // One at a time on a small screen: the newest is what the person has just done.
    for (const old of this.list) this.drop(old.id);
    this.list.push({ ...toast, id, lasts_ms });
    this.timers.set(id, setTimeout(() => this.drop(id), lasts_ms));
    return id;
  }

  drop(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
