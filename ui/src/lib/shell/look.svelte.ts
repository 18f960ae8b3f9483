import type { Theme } from '../ipc/types';

/** The colour scheme on the page: what the person chose, or what the system has. */
export class Look {
  theme = $state<Theme>('system');
  private readonly dark = window.matchMedia?.('(prefers-color-scheme: dark)');
  private readonly contrast = window.matchMedia?.('(prefers-contrast: more)');

  choose(theme: Theme): void {
    this.theme = theme;
    this.paint();
  }

  /** Follows the system's scheme while the person left the choice to it. */
  follow(): () => void {
    const paint = () => this.paint();
    this.dark?.addEventListener('change', paint);
    return () => this.dark?.removeEventListener('change', paint);
  }

  private paint(): void {
    const fromSystem = this.contrast?.matches ? 'contrast' : this.dark?.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = this.theme === 'system' ? fromSystem : this.theme;
  }
}
