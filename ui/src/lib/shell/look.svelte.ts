import type { Theme } from '../ipc/types';

/** Colour scheme and text size on the page: what the person chose, or what the system has. */
export class Look {
  theme = $state<Theme>('system');
  /** Per cent of the system's own text size. */
  textScale = $state(100);
  private readonly dark = window.matchMedia?.('(prefers-color-scheme: dark)');
  private readonly contrast = window.matchMedia?.('(prefers-contrast: more)');

  choose(theme: Theme, textScale: number): void {
    this.theme = theme;
    this.textScale = textScale;
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
    const root = document.documentElement;
    root.dataset.theme = this.theme === 'system' ? fromSystem : this.theme;
    // Every size is in rem, so the whole page grows with it; 100 leaves the system's own size.
    root.style.fontSize = this.textScale === 100 ? '' : `${this.textScale}%`;
  }
}
