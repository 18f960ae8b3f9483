import { CalendarCheck, CircleUserRound, ClipboardList, History, House, ShieldCheck, UsersRound } from '@lucide/svelte';
import type { Component } from 'svelte';
import type { Messages } from '../i18n/messages';
import type { RoleCode } from '../ipc/types';

export type Page = { path: string; icon: Component; name: (t: Messages) => string };

const me: Page = { path: 'me', icon: CircleUserRound, name: (t) => t.me.title };

/** The tabs of each role, the first one being its home. */
export const pages: Record<RoleCode, Page[]> = {
  specialist: [
    { path: 'today', icon: House, name: (t) => t.visit.todayTitle },
    { path: 'history', icon: History, name: (t) => t.visit.historyTitle },
    me,
  ],
  representative: [
    { path: 'answers', icon: CalendarCheck, name: (t) => t.parent.visitsTitle },
    { path: 'child', icon: UsersRound, name: (t) => t.parent.childTitle },
    { path: 'rights', icon: ShieldCheck, name: (t) => t.parent.rightsTitle },
    me,
  ],
  coordinator: [
    { path: 'review', icon: ClipboardList, name: (t) => t.coordinator.visitsTitle },
    { path: 'people', icon: UsersRound, name: (t) => t.coordinator.peopleTitle },
    me,
  ],
};
