const folded: Record<string, string> = {
  ә: 'а', ғ: 'г', қ: 'к', ң: 'н', ө: 'о', ұ: 'у', ү: 'у', һ: 'х', і: 'и', ё: 'е', ъ: '', ь: '',
};

/** Names as people type them without Kazakh letters: the same folding as in the core's search. */
export function fold(text: string): string {
  return [...text.normalize('NFC').toLowerCase()].map((letter) => folded[letter] ?? letter).join('');
}
