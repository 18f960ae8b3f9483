import { toCoreError, type CoreError } from '../ipc/error';

/** Data of a screen: kept on screen while it is asked for again, so that nothing flickers. */
export class Loaded<T> {
  value = $state.raw<T>();
  error = $state.raw<CoreError>();
  busy = $state(false);
  private turn = 0;

  constructor(private readonly load: () => Promise<T>) {}

  async refresh(): Promise<void> {
    const turn = ++this.turn;
    this.busy = true;
    try {
      const value = await this.load();
      // A later question may have been answered first.
      if (turn !== this.turn) return;
      this.value = value;
      this.error = undefined;
    } catch (thrown) {
      if (turn === this.turn) this.error = toCoreError(thrown);
    } finally {
      if (turn === this.turn) this.busy = false;
    }
  }
}
