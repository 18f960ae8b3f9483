import { render, screen, waitFor } from '@testing-library/svelte';
import { FakeCore, type FakeOptions } from '../ipc/fake';
import Root from './Root.svelte';

/** The whole app over the in-memory core, for tests. */
export function renderApp(options: FakeOptions, hash = '#/'): FakeCore {
  history.replaceState(null, '', hash);
  const core = new FakeCore(options);
  render(Root, { props: { core } });
  return core;
}

export const byId = (id: string) => screen.findByTestId(id);
export const press = async (id: string) => (await byId(id)).click();
export const gone = (id: string) => waitFor(() => {
  if (screen.queryByTestId(id)) throw new Error(`${id} is still there`);
});

export async function fill(id: string, text: string): Promise<void> {
  const field = (await byId(id)) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
