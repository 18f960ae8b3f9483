/** From the first moment of a month to the first of the next, on the clock of this device. */
export function monthAround(day: Date, shift: number): { from_ms: number; to_ms: number } {
  const first = (months: number) => new Date(day.getFullYear(), day.getMonth() + months, 1).getTime();
  return { from_ms: first(shift), to_ms: first(shift + 1) };
}
