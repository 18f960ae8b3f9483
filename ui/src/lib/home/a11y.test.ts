import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import type { RoleCode } from '../ipc/types';
import { byId, renderApp } from './render-app';

// Colours and sizes need a real engine: scripts/screens.mjs looks at those.
const pages: [RoleCode, string, string][] = [
  ['specialist', '#/today', 'children'], ['specialist', '#/history', 'history-list'], ['specialist', '#/history/ee0001', 'story'],
  ['specialist', '#/me', 'device'], ['representative', '#/answers', 'answers-list'], ['representative', '#/child', 'page-child'],
  ['representative', '#/rights', 'acceptances'], ['coordinator', '#/review', 'review-list'], ['coordinator', '#/people', 'people'],
];

describe('axe finds nothing', () => {
  it.each(pages)('%s %s', async (role, hash, ready) => {
    renderApp({ roles: [role], stage: 'home' }, hash);
    await byId(ready);
    const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });

  it.each([['start', 'start'], ['locked', 'unlock'], ['agreement', 'agreement']] as const)('%s', async (stage, ready) => {
    renderApp({ stage });
    await byId(ready);
    const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });
});
