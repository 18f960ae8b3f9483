import type { ConfirmationState, ReviewState, SortColumn, VisitQuery, VisitView } from '../ipc/types';
import type { App } from '../shell/app.svelte';
import { anyVisit, PagedVisits } from '../visit/paged.svelte';
import { monthAround } from './months';

export type View = 'attention' | 'open' | 'unanswered' | 'disputed' | 'accepted' | 'returned' | 'all';
export type Period = 'month' | 'previous-month' | 'all';

const filters: Record<View, { review: ReviewState | null; confirmation: ConfirmationState | null; flagged: boolean }> = {
  attention: { review: 'open', confirmation: null, flagged: true },
  open: { review: 'open', confirmation: null, flagged: false },
  unanswered: { review: null, confirmation: 'none', flagged: false },
  disputed: { review: null, confirmation: 'disputed', flagged: false },
  accepted: { review: 'accepted', confirmation: null, flagged: false },
  returned: { review: 'returned', confirmation: null, flagged: false },
  all: { review: null, confirmation: null, flagged: false },
};

const counted: View[] = ['attention', 'unanswered', 'disputed'];

/** The coordinator's table: which visits, in which order, and which one is open beside it. */
export class ReviewTable {
  view = $state<View>('attention');
  period = $state<Period>('month');
  search = $state('');
  sort = $state<SortColumn>('started');
  descending = $state(true);
  readonly visits: PagedVisits;
  /** How many visits of the period wait in the views that somebody works through. */
  counts = $state.raw<Partial<Record<View, number>>>({});
  private turn = 0;

  constructor(private readonly app: App) {
    this.visits = new PagedVisits(app.core);
  }

  get query(): VisitQuery {
    return this.queryOf(this.view, this.search);
  }

  private queryOf(view: View, search: string): VisitQuery {
    const around = this.period === 'all' ? undefined : monthAround(new Date(), this.period === 'month' ? 0 : -1);
    return {
      ...anyVisit,
      ...filters[view],
      role: this.app.role,
      search,
      from_ms: around?.from_ms ?? null,
      to_ms: around?.to_ms ?? null,
      sort: this.sort,
      descending: this.descending,
    };
  }

  /** Counts anew; a count that cannot be had is not shown. */
  async count(): Promise<void> {
    const turn = ++this.turn;
    const counts: Partial<Record<View, number>> = {};
    for (const view of counted) {
      const answer = await this.app.core.visits({ ...this.queryOf(view, ''), limit: 1 }).catch(() => undefined);
      if (turn !== this.turn) return;
      if (answer) counts[view] = answer.total;
    }
    this.counts = counts;
  }

  get selectedIndex(): number {
    const id = this.app.router.item;
    return id ? this.visits.slots.findIndex((slot) => slot.visit?.id === id) : -1;
  }
  get selected(): VisitView | undefined {
    return this.visits.slots[this.selectedIndex]?.visit;
  }

  /** The same column again turns the order round; times begin with the latest. */
  sortBy(column: SortColumn): void {
    this.descending = this.sort === column ? !this.descending : column === 'started' || column === 'distance';
    this.sort = column;
  }

  select(index: number): void {
    const visit = this.visits.slots[index]?.visit;
    if (visit) this.app.router.replace('review', visit.id);
  }

  /** To the next row, or to the first; answers its index. */
  move(step: 1 | -1): number {
    const now = this.selectedIndex;
    const next = now < 0 ? 0 : Math.min(this.visits.total - 1, Math.max(0, now + step));
    this.select(next);
    return next;
  }

  close(): void {
    this.app.router.back('review');
  }
}
