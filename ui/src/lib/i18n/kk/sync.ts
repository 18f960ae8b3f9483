export const sync = {
  title: 'Синхрондау',
  now: 'Қазір синхрондау',
  running: 'Синхрондалып жатыр…',
  pushing: (done: number, total: number) => `Жіберілуде: ${done} / ${total}`,
  pulling: 'Жаңа жазбалар алынып жатыр…',
  upToDate: 'Бәрі жіберілді',
  waiting: (count: number) => `Жіберуді күтіп тұр: ${count}`,
  refused: (count: number) => `Оператор қабылдамады: ${count}`,
  offline: 'Байланыс жоқ',
  offlineText: 'Жұмысты жалғастыра беріңіз. Жазбалар құрылғыда сақтаулы, байланыс болғанда өздері кетеді.',
  last: (when: string) => `Соңғы жаңарту: ${when}`,
  never: 'Әлі синхрондалмаған',
};
