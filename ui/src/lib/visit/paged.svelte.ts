import type { Core } from '../ipc/core';
import { toCoreError, type CoreError } from '../ipc/error';
import type { VisitQuery, VisitView } from '../ipc/types';

const pageSize = 100;

export const anyVisit: VisitQuery = {
  search: '', review: null, confirmation: null, transport: null, flagged: false, child: null, from_ms: null, to_ms: null,
  sort: 'started', descending: true, offset: 0, limit: pageSize,
};

/** A row of a long list: a visit, or a place kept for one that is still being asked for. */
export type Slot = { index: number; visit: VisitView | undefined };

/** A list of visits of any length, asked for page by page as its rows come into view. */
export class PagedVisits {
  total = $state(0);
  /** Visits that were erased by law. */
  erased = $state(0);
  slots = $state.raw<Slot[]>([]);
  loaded = $state(false);
  error = $state.raw<CoreError>();
  private query: VisitQuery = anyVisit;
  private visits: (VisitView | undefined)[] = [];
  private asked = new Set<number>();
  private turn = 0;

  constructor(private readonly core: Core) {}

  /**
   * Asks from the top; what is on screen stays until the first answer. The same question again keeps the rows and
   * asks anew only for the top and for the pages looked at last, so that a sync does not blank what is being read.
   */
  async open(query: VisitQuery): Promise<void> {
    const again = JSON.stringify(query) === JSON.stringify(this.query) && this.loaded;
    const recent = again ? [...this.asked].slice(-2).filter((page) => page > 0) : [];
    this.query = query;
    this.turn += 1;
    this.asked = new Set();
    await this.page(0, !again);
    await Promise.all(recent.map((page) => this.page(page, false)));
  }

  /** Called for each row that is drawn. */
  want(index: number): void {
    if (this.visits[index]) return;
    const page = Math.floor(index / pageSize);
    if (!this.asked.has(page)) void this.page(page, false);
  }

  private async page(page: number, fresh: boolean): Promise<void> {
    const turn = this.turn;
    this.asked.add(page);
    try {
      const offset = page * pageSize;
      const answer = await this.core.visits({ ...this.query, offset, limit: pageSize });
      if (turn !== this.turn) return;
      if (fresh) this.visits = [];
      this.visits.length = answer.total;
      answer.visits.forEach((visit, at) => (this.visits[offset + at] = visit));
      this.total = answer.total;
      this.erased = answer.erased;
      this.slots = Array.from({ length: answer.total }, (_, index) => ({ index, visit: this.visits[index] }));
      this.loaded = true;
      this.error = undefined;
    } catch (thrown) {
      if (turn === this.turn) this.error = toCoreError(thrown);
      this.asked.delete(page);
    }
  }
}
