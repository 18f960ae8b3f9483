/** What the bundled libraries call and the oldest promised web engines (see vite.config.ts) lack. */
function lacking(owner: object, name: string, value: unknown): void {
  if (!(name in owner)) Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

function at<T>(this: ArrayLike<T>, index: number): T | undefined {
  const from = Math.trunc(index) || 0;
  return this[from < 0 ? this.length + from : from];
}

function findLast<T>(this: T[], wanted: (item: T, index: number, all: T[]) => boolean): T | undefined {
  for (let index = this.length - 1; index >= 0; index -= 1) {
    if (wanted(this[index] as T, index, this)) return this[index];
  }
  return undefined;
}

lacking(Array.prototype, 'at', at);
lacking(Array.prototype, 'findLast', findLast);
lacking(String.prototype, 'at', at);
lacking(Object, 'hasOwn', (object: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(object, name));
