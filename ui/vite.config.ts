import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The oldest web engines that the app promises to run in: the WebView of Android 7 as updated to
// 87, and WebKit of iOS 14. Anything newer that a dependency calls is added in src/lib/compat.ts.
export const oldestEngines = ['chrome87', 'safari14'];

export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    target: oldestEngines,
    cssTarget: oldestEngines,
    // Fonts must stay files: the content security policy forbids data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One file, read from the disk of the device: nothing is won by parting it.
    chunkSizeWarningLimit: 700,
  },
  // Without the browser condition Svelte would load its server build under vitest.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test-setup.ts'],
    restoreMocks: true,
  },
});
