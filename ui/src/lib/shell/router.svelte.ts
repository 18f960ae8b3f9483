/** Where in the app the person is: `#/page/item`. Ids in it are random and name nobody. */
export class Router {
  page = $state('');
  item = $state<string>();
  /** What the next page is asked to show first, such as refused visits. */
  private filter: string | undefined;

  follow(): () => void {
    const read = () => this.read();
    read();
    window.addEventListener('hashchange', read);
    window.addEventListener('popstate', read);
    return () => {
      window.removeEventListener('hashchange', read);
      window.removeEventListener('popstate', read);
    };
  }

  go(page: string, item?: string, filter?: string): void {
    this.filter = filter;
    // From a list to one of its rows: going back is then a step of the history, not a new page.
    const fromList = item !== undefined && !this.item && (this.page === page || this.page === '');
    history.pushState({ fromList }, '', address(page, item));
    this.read();
  }

  /** From a row back to its list, as the back button of the device would. */
  back(page: string): void {
    if (!(history.state as { fromList?: boolean } | null)?.fromList) return this.replace(page);
    // The list is there at once; the address follows a moment later.
    this.item = undefined;
    history.back();
  }

  /** Changes the address without a new step in the history: for moving through a table. */
  replace(page: string, item?: string): void {
    history.replaceState(null, '', address(page, item));
    this.read();
  }

  /** Back to the first page of a stage. */
  reset(): void {
    this.replace('');
  }

  /** What was asked for with `go`, once. */
  takeFilter(): string | undefined {
    const filter = this.filter;
    this.filter = undefined;
    return filter;
  }

  private read(): void {
    const [, page = '', item] = location.hash.split('/');
    this.page = page;
    this.item = item ? decodeURIComponent(item) : undefined;
  }
}

function address(page: string, item: string | undefined): string {
  return item ? `#/${page}/${encodeURIComponent(item)}` : `#/${page}`;
}
