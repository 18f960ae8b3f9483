/** Heights of the rows of a long list: a guess for those never drawn, the measure for the others. */
export class RowHeights {
  private heights: number[] = [];
  private offsets: number[] = [0];
  private validTo = 0;

  constructor(private readonly guess: number) {}

  resize(count: number): void {
    while (this.heights.length < count) this.heights.push(this.guess);
    this.heights.length = count;
    this.validTo = Math.min(this.validTo, count);
  }

  /** True if the height was new, so that the list must be drawn again. */
  set(index: number, height: number): boolean {
    if (height <= 0 || index >= this.heights.length || this.heights[index] === height) return false;
    this.heights[index] = height;
    this.validTo = Math.min(this.validTo, index);
    return true;
  }

  at(index: number): number {
    return this.heights[index] ?? this.guess;
  }

  /** Distance from the top of the list to the top of the row. */
  offset(index: number): number {
    for (; this.validTo < index; this.validTo += 1) {
      this.offsets[this.validTo + 1] = (this.offsets[this.validTo] ?? 0) + this.at(this.validTo);
    }
    return this.offsets[index] ?? 0;
  }

  /** The rows between two distances, and the blank space before and after them. */
  range(top: number, bottom: number): { from: number; to: number; before: number; after: number } {
    const count = this.heights.length;
    const total = this.offset(count);
    let from = this.rowAt(Math.max(0, top));
    let to = Math.min(count, this.rowAt(Math.max(0, bottom)) + 1);
    if (from >= count) from = Math.max(0, count - 1);
    if (to < from) to = from;
    return { from, to, before: this.offset(from), after: total - this.offset(to) };
  }

  private rowAt(distance: number): number {
    let low = 0;
    let high = this.heights.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offset(middle + 1) <= distance) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
