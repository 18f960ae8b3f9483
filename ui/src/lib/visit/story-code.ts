import type { Messages } from '../i18n/messages';
import type { StoryEntry } from '../ipc/types';

/** The code of an entry in words: which list it belongs to follows from the kind of the entry. */
export function storyCode(t: Messages, { kind, code }: Pick<StoryEntry, 'kind' | 'code'>): string {
  const lists: Partial<Record<StoryEntry['kind'], Record<string, string>>> = {
    registered: { ...t.words.late, ...t.words.outcome },
    located: t.words.unavailable,
    disputed: t.words.dispute,
    reviewed: t.words.review,
    corrected: t.words.correction,
  };
  return (code && lists[kind]?.[code]) ?? code ?? '';
}
