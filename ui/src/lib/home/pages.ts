import CalendarCheck from '@lucide/svelte/icons/calendar-check';
import CircleUserRound from '@lucide/svelte/icons/circle-user-round';
import ClipboardList from '@lucide/svelte/icons/clipboard-list';
import History from '@lucide/svelte/icons/history';
import House from '@lucide/svelte/icons/house';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import UsersRound from '@lucide/svelte/icons/users-round';
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
