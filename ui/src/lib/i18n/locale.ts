export type LocaleCode = 'kk' | 'ru' | 'en';

export const locales: readonly LocaleCode[] = ['kk', 'ru', 'en'];

/** Each language by its own name: a person who cannot read the present one still finds theirs. */
export const localeNames: Record<LocaleCode, { name: string; short: string }> = {
  kk: { name: 'Қазақша', short: 'Қаз' },
  ru: { name: 'Русский', short: 'Рус' },
  en: { name: 'English', short: 'Eng' },
};
