import { en } from './en';
import { Format } from './format';
import { kk } from './kk';
import { locales, type LocaleCode } from './locale';
import type { Messages } from './messages';
import { ru } from './ru';

const tables: Record<LocaleCode, Messages> = { kk, ru, en };

/** The language of the screens. Kazakh until the person chooses another. */
export class I18n {
  locale = $state<LocaleCode>('kk');

  get t(): Messages {
    return tables[this.locale];
  }

  get format(): Format {
    return new Format(this.locale);
  }

  choose(locale: string): void {
    const known = locales.find((code) => code === locale);
    if (!known) return;
    this.locale = known;
    document.documentElement.lang = known;
  }
}
