import { toCoreError, type CoreError } from '../ipc/error';
import type { ReviewReasonCode, VisitView } from '../ipc/types';
import type { App } from '../shell/app.svelte';

export const acceptReasons: ReviewReasonCode[] = ['in-order', 'explained', 'family-called'];
export const returnReasons: ReviewReasonCode[] = [
  'wrong-time', 'wrong-service', 'duplicate', 'wrong-place', 'not-held', 'more-needed',
];

/** One decision of a coordinator, from the key or button to the signed review. */
export class Deciding {
  visit = $state.raw<VisitView>();
  decision = $state<'accept' | 'return'>('accept');
  reason = $state<ReviewReasonCode>();
  text = $state('');
  /** Tries without a reason. */
  misses = $state(0);
  busy = $state(false);
  error = $state.raw<CoreError>();

  constructor(
    private readonly app: App,
    private readonly ondone: () => void,
  ) {}

  get open(): boolean {
    return this.visit !== undefined;
  }
  get reasons(): ReviewReasonCode[] {
    return this.decision === 'accept' ? acceptReasons : returnReasons;
  }

  /** A visit without flags is accepted at once; everything else asks for a reason. */
  start(visit: VisitView, decision: 'accept' | 'return'): void {
    this.decision = decision;
    this.reason = undefined;
    this.text = '';
    this.misses = 0;
    this.error = undefined;
    if (decision === 'accept' && visit.flags.length === 0 && visit.confirmation !== 'disputed') {
      void this.send(visit, 'in-order');
    } else {
      this.visit = visit;
    }
  }

  cancel(): void {
    this.visit = undefined;
  }

  async save(): Promise<void> {
    if (!this.reason) this.misses += 1;
    else if (this.visit) await this.send(this.visit, this.reason);
  }

  private async send(visit: VisitView, reason: ReviewReasonCode): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    const accepted = this.decision === 'accept';
    try {
      await this.app.core.reviewVisit({
        visit: visit.id, basis: visit.basis, flags: visit.flags, confirmation: visit.confirmation, accepted, reason, text: this.text.trim() || null,
      });
      const t = this.app.t.coordinator;
      this.app.toasts.show({ text: `${accepted ? t.acceptedToast : t.returnedToast}: ${visit.child.name}`, tone: 'good' });
      this.visit = undefined;
      this.ondone();
    } catch (thrown) {
      const error = toCoreError(thrown);
      if (this.visit) this.error = error;
      else this.app.tell(error);
    } finally {
      this.busy = false;
    }
  }
}
