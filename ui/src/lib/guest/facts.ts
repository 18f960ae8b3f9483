import type { HandOver } from '../ipc/types';
import type { App } from '../shell/app.svelte';
import { placeLabel, positionOf, whenFullWords } from '../visit/words';

/** Who, whom, when, what and where, in the words of the page of a visit. */
export function factsOf(app: App, shown: HandOver): { label: string; value: string; testid: string }[] {
  const t = app.t.guest;
  const who = [shown.specialist.name, positionOf(app, shown.specialist)];
  const what = shown.outcome === 'nobody-home' ? app.t.words.outcome['nobody-home'] : app.serviceName(shown.service);
  const facts = [
    { label: t.who, value: who.filter(Boolean).join(', '), testid: 'asked-who' },
    { label: t.whom, value: shown.child, testid: 'asked-whom' },
    { label: t.when, value: whenFullWords(app, shown), testid: 'asked-when' },
    { label: t.what, value: what, testid: 'asked-what' },
  ];
  return shown.place_label ? [...facts, { label: t.where, value: placeLabel(shown.place_label), testid: 'asked-where' }] : facts;
}
