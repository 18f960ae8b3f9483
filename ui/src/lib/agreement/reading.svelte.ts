import { toCoreError, type CoreError } from '../ipc/error';
import type { AgreementDue } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** The texts that a person has to read, one after another, with the evidence of reading. */
export class Reading {
  dues = $state.raw<AgreementDue[]>([]);
  loaded = $state(false);
  busy = $state(false);
  error = $state.raw<CoreError>();
  ticked = $state<number[]>([]);
  endReached = $state(false);
  /** Part of the text that has passed the screen, 0 to 1. */
  progress = $state(0);
  private total = 0;
  private turn = 0;
  private noted: Promise<void> = Promise.resolve();

  /** With `early`, announced versions may be read and accepted too. */
  constructor(
    private readonly app: App,
    private readonly early: boolean,
  ) {}

  get due(): AgreementDue | undefined {
    return this.dues[0];
  }
  get position(): { number: number; total: number } {
    return { number: this.total - this.dues.length + 1, total: this.total };
  }
  get missing(): number[] {
    return (this.due?.required_confirmations ?? []).filter((number) => !this.ticked.includes(number));
  }
  get ready(): boolean {
    return this.endReached && this.missing.length === 0;
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    this.error = undefined;
    try {
      const dues = await this.app.core.agreementsDue();
      // The language was changed again meanwhile: the later question answers for both.
      if (turn !== this.turn) return;
      this.dues = this.early ? dues : dues.filter((due) => !due.announced);
      this.total = Math.max(this.total, this.dues.length);
      const due = this.due;
      this.ticked = [...(due?.ticked ?? [])];
      this.endReached = due?.end_reached ?? false;
      this.progress = this.endReached ? 1 : 0;
      this.loaded = true;
      if (due) await this.app.core.agreementOpened(reference(due));
    } catch (thrown) {
      if (turn === this.turn) this.error = toCoreError(thrown);
    }
  }

  /** The end marker was on screen. The core notes the time, once. */
  reachEnd(): void {
    const due = this.due;
    if (this.endReached || !due) return;
    this.endReached = true;
    this.progress = 1;
    this.note(() => this.app.core.agreementEndReached(reference(due)));
  }

  tick(number: number, accepted: boolean): void {
    const due = this.due;
    if (!due) return;
    this.ticked = accepted ? [...this.ticked, number] : this.ticked.filter((one) => one !== number);
    const request = { document: due.document, version: due.version, number, accepted };
    this.note(() => this.app.core.agreementTicked(request));
  }

  async accept(): Promise<void> {
    const due = this.due;
    if (!due || !this.ready) return;
    let rest = 0;
    await this.work(async () => {
      await this.noted;
      this.app.enter(await this.app.core.acceptAgreement(reference(due)));
      rest = this.dues.length - 1;
    });
    if (this.error) return;
    if (rest > 0) await this.load();
    else if (this.early) this.app.router.reset();
  }

  async decline(): Promise<boolean> {
    await this.work(async () => {
      this.app.enter(await this.app.core.declineAgreement());
    });
    return !this.error;
  }

  /** Evidence goes to the core one after another: a box ticked and unticked must end as it looks. */
  private note(tell: () => Promise<void>): void {
    this.noted = this.noted.then(() => this.app.attempt(tell)).then(() => undefined);
  }

  private async work(action: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      await action();
    } catch (thrown) {
      this.error = toCoreError(thrown);
    } finally {
      this.busy = false;
    }
  }
}

function reference({ document, version, locale }: AgreementDue) {
  return { document, version, locale };
}
