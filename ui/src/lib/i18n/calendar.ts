/** Names and patterns of dates. Written out, because old web views carry no Kazakh locale data. */
export type Calendar = {
  months: readonly string[];
  monthsAlone: readonly string[];
  weekdays: readonly string[];
  weekdaysShort: readonly string[];
  today: string;
  yesterday: string;
  long: (day: number, month: string, year: number) => string;
  full: (date: string, weekday: string) => string;
  decimal: string;
};

const kkMonths = [
  'қаңтар', 'ақпан', 'наурыз', 'сәуір', 'мамыр', 'маусым',
  'шілде', 'тамыз', 'қыркүйек', 'қазан', 'қараша', 'желтоқсан',
];

export const calendars: { kk: Calendar; ru: Calendar; en: Calendar } = {
  kk: {
    months: kkMonths,
    monthsAlone: kkMonths,
    weekdays: ['жексенбі', 'дүйсенбі', 'сейсенбі', 'сәрсенбі', 'бейсенбі', 'жұма', 'сенбі'],
    weekdaysShort: ['жс', 'дс', 'сс', 'ср', 'бс', 'жм', 'сб'],
    today: 'бүгін',
    yesterday: 'кеше',
    long: (day, month, year) => `${year}\u00a0ж. ${day}\u00a0${month}`,
    full: (date, weekday) => `${date}, ${weekday}`,
    decimal: ',',
  },
  ru: {
    months: [
      'января', 'февраля', 'марта', 'апреля', 'мая', 'июня',
      'июля', 'августа', 'сентября', 'октября', 'ноября', 'декабря',
    ],
    monthsAlone: [
      'январь', 'февраль', 'март', 'апрель', 'май', 'июнь',
      'июль', 'август', 'сентябрь', 'октябрь', 'ноябрь', 'декабрь',
    ],
    weekdays: ['воскресенье', 'понедельник', 'вторник', 'среда', 'четверг', 'пятница', 'суббота'],
    weekdaysShort: ['вс', 'пн', 'вт', 'ср', 'чт', 'пт', 'сб'],
    today: 'сегодня',
    yesterday: 'вчера',
    long: (day, month, year) => `${day}\u00a0${month} ${year}\u00a0г.`,
    full: (date, weekday) => `${weekday}, ${date}`,
    decimal: ',',
  },
  en: {
    months: [
      'January', 'February', 'March', 'April', 'May', 'June',
      'July', 'August', 'September', 'October', 'November', 'December',
    ],
    monthsAlone: [
      'January', 'February', 'March', 'April', 'May', 'June',
      'July', 'August', 'September', 'October', 'November', 'December',
    ],
    weekdays: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
    weekdaysShort: ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'],
    today: 'today',
    yesterday: 'yesterday',
    long: (day, month, year) => `${day}\u00a0${month} ${year}`,
    full: (date, weekday) => `${weekday}, ${date}`,
    decimal: '.',
  },
};
