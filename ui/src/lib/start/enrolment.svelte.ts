import { base64 } from '../ipc/base64';
import { toCoreError, type CoreError } from '../ipc/error';
import type { OperatorPreview } from '../ipc/types';
import type { App } from '../shell/app.svelte';
import { codeLength, groupCode, isLink } from './code';

export type Step = 'code' | 'check' | 'stop' | 'pin';

/** The way from an activation code to a device that is known to the operator. */
export class Enrolment {
  step = $state<Step>('code');
  address = $state('');
  code = $state('');
  pin = $state('');
  again = $state('');
  label = $state('');
  busy = $state(false);
  error = $state.raw<CoreError>();
  /** The fields that were wrong at the last try. */
  wrong = $state.raw<{ address?: boolean; code?: boolean; pin?: 'short' | 'digits'; again?: boolean }>({});
  preview = $state.raw<OperatorPreview>();

  constructor(private readonly app: App) {
    this.address = app.state?.default_address ?? '';
  }

  get byLink(): boolean {
    return isLink(this.code);
  }

  /** Groups what was typed; a pasted link is left as it is. */
  typed(): void {
    this.code = groupCode(this.code);
    this.wrong = {};
    this.error = undefined;
  }

  async readImage(file: File): Promise<void> {
    await this.work(async () => {
      this.code = await this.app.core.readCodeImage({ image_base64: await base64(file) });
    });
  }

  async inspect(): Promise<void> {
    const code = this.code.replace(/[\s-]/g, '');
    this.wrong = this.byLink ? {} : { address: !this.address.trim(), code: code.length !== codeLength };
    if (this.wrong.address || this.wrong.code) return;
    await this.work(async () => {
      this.preview = await this.app.core.inspectOperator(
        this.byLink
          ? { link: this.code.trim(), address: null, code: null }
          : { link: null, address: this.address.trim(), code },
      );
      this.step = 'check';
    });
  }

  async enrol(): Promise<void> {
    const { pin_min_length, pin_digits_only } = this.app.state ?? { pin_min_length: 6, pin_digits_only: true };
    this.wrong = {};
    if (pin_digits_only && /\D/.test(this.pin)) this.wrong = { pin: 'digits' };
    else if (this.pin.length < pin_min_length) this.wrong = { pin: 'short' };
    else if (this.pin !== this.again) this.wrong = { again: true };
    const preview = this.preview;
    if (this.wrong.pin || this.wrong.again || !preview) return;
    await this.work(async () => {
      const request = { preview_id: preview.preview_id, pin: this.pin, label: this.label.trim() };
      this.app.enter(await this.app.core.enrol(request));
      this.pin = this.again = '';
    });
  }

  back(): void {
    this.error = undefined;
    this.step = this.step === 'pin' ? 'check' : 'code';
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
