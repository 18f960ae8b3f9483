import { createContext } from 'svelte';

export type Toast = {
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'info';
  /** How long it stays; an action such as undo is possible for exactly this long. */
  lasts_ms: number;
  /** When it came, on the clock of the page: it may move from the page into a sheet while its time runs. */
  since_ms: number;
  action?: { label: string; run: () => void; testid?: string };
};

/** Short messages over the screen, read out politely by screen readers. */
export class Toasts {
  list = $state<Toast[]>([]);
  /** Sheets that are open: they show the messages themselves, so that none covers them or closes them. */
  sheets = $state(0);
  private next = 1;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(toast: Omit<Toast, 'id' | 'lasts_ms' | 'since_ms'> & { lasts_ms?: number }): number {
    const id = this.next++;
    const lasts_ms = toast.lasts_ms ?? 6000;
    // One at a time on a small screen: the newest is what the person has just done.
    for (const old of this.list) this.drop(old.id);
    this.list.push({ ...toast, id, lasts_ms, since_ms: performance.now() });
    this.timers.set(id, setTimeout(() => this.drop(id), lasts_ms));
    return id;
  }

  drop(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Whoever holds the device now is not the one to whom all this was told. */
  clear(): void {
    for (const toast of this.list) this.drop(toast.id);
  }

  /** A sheet opens: what only told something goes, what can be acted upon stays. Called again when the sheet closes. */
  intoSheet(): () => void {
    this.sheets += 1;
    for (const toast of this.list) if (!toast.action) this.drop(toast.id);
    return () => void (this.sheets -= 1);
  }
}

const [useToasts, provideToasts] = createContext<Toasts>();
export { provideToasts, useToasts };
