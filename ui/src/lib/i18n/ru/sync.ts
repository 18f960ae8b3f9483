import type { Messages } from '../messages';

export const sync: Messages['sync'] = {
  title: 'Синхронизация',
  now: 'Синхронизировать сейчас',
  running: 'Синхронизация…',
  pushing: (done, total) => `Отправка: ${done} / ${total}`,
  pulling: 'Получаем новые записи…',
  upToDate: 'Всё отправлено',
  waiting: (count) => `Ждёт отправки: ${count}`,
  refused: (count) => `Оператор отклонил: ${count}`,
  offline: 'Нет связи',
  offlineText: 'Работайте дальше. Записи сохранены на устройстве и уйдут сами, когда появится связь.',
  last: (when) => `Последнее обновление: ${when}`,
  never: 'Ещё не синхронизировано',
};
