/** Where in the app the person is: `#/page/item`. Ids in it are random and name nobody. */
export class Router {
  page = $state('');
  item = $state<string>();

  follow(): () => void {
    const read = () => this.read();
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  go(page: string, item?: string): void {
    location.hash = item ? `#/${page}/${encodeURIComponent(item)}` : `#/${page}`;
    this.read();
  }

  /** Changes the address without a new step in the history: for moving through a table. */
  replace(page: string, item?: string): void {
    history.replaceState(null, '', item ? `#/${page}/${encodeURIComponent(item)}` : `#/${page}`);
    this.read();
  }

  /** Back to the first page of a stage. */
  reset(): void {
    this.replace('');
  }

  private read(): void {
    const [, page = '', item] = location.hash.split('/');
    this.page = page;
    this.item = item ? decodeURIComponent(item) : undefined;
  }
}
