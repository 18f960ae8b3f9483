import type { Core } from '../ipc/core';
import { toCoreError, type CoreError } from '../ipc/error';
import type { RoleCode, VisitView } from '../ipc/types';
import { anyVisit } from '../visit/paged.svelte';

const page = 200;

/** All visits to a parent's children, fetched page by page: one that waits for an answer may stand in any of them. */
export class AllVisits {
  list = $state.raw<VisitView[]>([]);
  /** Every visit is in the list: only then may the screen say that nothing waits. */
  complete = $state(false);
  loaded = $state(false);
  error = $state.raw<CoreError>();
  private turn = 0;

  constructor(
    private readonly core: Core,
    private readonly role: () => RoleCode,
  ) {}

  /** Reads everything anew; what is on screen stays until then, except that a first reading shows itself growing. */
  async refresh(): Promise<void> {
    const turn = ++this.turn;
    const fresh = !this.loaded;
    const found: VisitView[] = [];
    try {
      for (let total = 1; found.length < total; ) {
        const answer = await this.core.visits({ ...anyVisit, role: this.role(), offset: found.length, limit: page });
        if (turn !== this.turn) return;
        found.push(...answer.visits);
        // Fewer than were promised: the list became shorter meanwhile.
        total = answer.visits.length ? answer.total : found.length;
        this.error = undefined;
        if (fresh) this.show(found, found.length >= total);
      }
      this.show(found, true);
    } catch (thrown) {
      if (turn === this.turn) this.error = toCoreError(thrown);
    }
  }

  private show(found: VisitView[], complete: boolean): void {
    this.list = [...found];
    this.complete = complete;
    this.loaded = true;
  }
}
