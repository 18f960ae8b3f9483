import type { Messages } from '../messages';
import { russian } from '../plural';

const seconds = (count: number) => russian(count, { one: 'секунду', few: 'секунды', many: 'секунд' });
const digits = (count: number) => russian(count, { one: 'цифра', few: 'цифры', many: 'цифр' });
const characters = (count: number) => russian(count, { one: 'знак', few: 'знака', many: 'знаков' });

export const start: Messages['start'] = {
  title: 'Добро пожаловать',
  lead: 'Чтобы начать, нужен код активации. Его даёт координатор вашей организации.',
  server: 'Адрес сервера',
  serverHint: 'Указан на листе с кодом',
  code: 'Код активации',
  codeHint: 'Четыре группы по четыре знака. Сюда же можно вставить присланную ссылку.',
  codeGroup: (number) => `Группа ${number} кода`,
  codeShort: 'В коде должно быть 16 знаков',
  serverMissing: 'Введите адрес сервера',
  linkRead: 'Ссылка прочитана. Проверьте адрес и код и продолжайте.',
  chooseQr: 'Выбрать изображение QR-кода',
  qrReading: 'Изображение читается…',
  continue: 'Продолжить',
  waitSeconds: (count) => `Повторите через ${count} ${seconds(count)}.`,
  toUnlock: 'Войти в учётную запись на этом устройстве',
  check: {
    title: 'Это ваш оператор?',
    lead: 'Ваши данные доверяются этому оператору. Сначала сверьте.',
    operator: 'Оператор',
    address: 'Адрес',
    words: 'Проверочные слова',
    compare: 'Эти слова должны совпасть со словами на листе, который дал координатор.',
    known: 'Ключ оператора сверен с ключом из QR-кода: совпадает.',
    same: 'Совпадает, продолжить',
    different: 'Не совпадает',
    stopTitle: 'Остановитесь',
    stopText: 'Если слова не совпадают, это может быть чужой сервер. Код не отправлен. Свяжитесь с координатором и уточните адрес.',
  },
  pin: {
    title: 'Придумайте PIN',
    lead: 'PIN запирает записи на этом устройстве. Его никто не знает и не сможет подсказать, поэтому запомните его.',
    first: 'PIN',
    second: 'PIN ещё раз',
    hintDigits: (count) => `Не меньше: ${count} ${digits(count)}`,
    hintCharacters: (count) => `Не меньше: ${count} ${characters(count)} – буквы, цифры, символы`,
    short: 'PIN слишком короткий',
    digitsOnly: 'PIN состоит только из цифр',
    differ: 'PIN не совпадают',
    show: 'Показать PIN',
    label: 'Название учётной записи',
    labelHint: 'Необязательно. Видно на экране входа, поэтому не пишите имя и фамилию.',
    set: 'Установить PIN',
    working: 'Устройство регистрируется…',
  },
  unlock: {
    title: 'С возвращением',
    who: 'Кто входит?',
    pin: 'PIN',
    open: 'Открыть',
    wait: (count) => `PIN неверный. Повторите через ${count} ${seconds(count)}.`,
    left: (count) => `Осталось попыток: ${count}`,
    locked: 'Учётная запись заперта. Записи не удалены. Свяжитесь с координатором.',
    add: 'Добавить учётную запись',
    unfinished: 'Соглашение ещё не принято',
  },
};
