/** A noun after a number. Kazakh keeps the singular, so its tables need no forms at all. */
export type RussianForms = { one: string; few: string; many: string };

/** The Russian form for a whole number, by the CLDR rule of `ru`. */
export function russian(count: number, forms: RussianForms): string {
  const tens = Math.abs(count) % 100;
  const units = tens % 10;
  if (units === 1 && tens !== 11) return forms.one;
  if (units >= 2 && units <= 4 && (tens < 12 || tens > 14)) return forms.few;
  return forms.many;
}

/** `one` for 1, `other` for the rest: English, and Kazakh where the verb differs. */
export function oneOther(count: number, forms: { one: string; other: string }): string {
  return count === 1 ? forms.one : forms.other;
}
