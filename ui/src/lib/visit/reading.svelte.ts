import { base64 } from '../ipc/base64';
import { toCoreError, type CoreError } from '../ipc/error';
import type { ReadVisit } from '../ipc/types';
import type { App } from '../shell/app.svelte';

/** Reading a code: from a picture, or from its text. */
export class Reading {
  text = $state('');
  busy = $state(false);
  error = $state.raw<CoreError>();
  /** Why the camera showed nothing. */
  blind = $state<'denied' | 'failed'>();

  constructor(
    private readonly app: App,
    private readonly onread: (read: ReadVisit) => void,
  ) {}

  async image(file: File): Promise<void> {
    await this.work(async () => this.take(await this.app.core.readCodeImage({ image_base64: await base64(file) })));
  }

  async pasted(): Promise<void> {
    if (this.text.trim()) await this.work(() => this.take(this.text));
  }

  /** Only phones have a reader; elsewhere a picture and the text are the way. */
  get hasCamera(): boolean {
    return ['android', 'ios'].includes(this.app.state?.platform ?? '');
  }

  async camera(): Promise<void> {
    this.blind = undefined;
    await this.work(async () => {
      const seen = await this.app.core.scan();
      if ('text' in seen) await this.take(seen.text);
      else if (seen.without !== 'cancelled') this.blind = seen.without;
    });
  }

  private async take(text: string): Promise<void> {
    this.onread(await this.app.core.readCode({ text }));
    this.text = '';
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
