import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { byId, press, renderApp } from './render-app';

describe('home', () => {
  it('shows a person without a role why there is nothing to do, and the role as soon as it comes', async () => {
    const core = renderApp({ roles: [], stage: 'home' });
    expect((await byId('no-role')).textContent).toContain('Сізге әлі рөл берілмеген');
    core.state = { ...core.state, roles: ['representative'] };
    core.emit('changed', undefined);
    expect(await byId('page-answers')).toBeTruthy();
  });

  it('lets a person with two roles change between them', async () => {
    renderApp({ roles: ['specialist', 'coordinator'], stage: 'home' }, '#/me');
    await press('role-coordinator');
    await press('tab-review');
    expect(await byId('page-review')).toBeTruthy();
  });

  it('locks at once when the core says so', async () => {
    const core = renderApp({ stage: 'home' });
    await byId('page-today');
    core.state = { ...core.state, stage: 'locked', account: null };
    core.emit('locked', undefined);
    expect(await byId('unlock')).toBeTruthy();
    await waitFor(() => expect(document.body.textContent).not.toContain('Омарова'));
  });
});

describe('the text size', () => {
  it('is chosen on the own page, grows the whole page at once and is kept', async () => {
    const core = renderApp({ roles: ['specialist'], stage: 'home' });
    await press('tab-me');
    await press('text-scale-150');
    expect(document.documentElement.style.fontSize).toBe('150%');
    await waitFor(() => expect(core.state.preferences.text_scale).toBe(150));
    await press('text-scale-100');
    await waitFor(() => expect(document.documentElement.style.fontSize, "the system's own").toBe(''));
  });
});
