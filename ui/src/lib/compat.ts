/** What the bundled libraries call and the oldest promised web engines (see vite.config.ts) lack. */
function lacking(owner: object, name: string, value: unknown): void {
  if (!(name in owner)) Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

function at<T>(this: ArrayLike<T>, index: number): T | undefined {
  const from = Math.trunc(index) || 0;
  return this[from < 0 ? this.length + from : from];
}

lacking(Array.prototype, 'at', at);
lacking(String.prototype, 'at', at);
lacking(Object, 'hasOwn', (object: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(object, name));
