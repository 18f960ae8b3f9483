import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { oldestEngines } from './vite.config';

// The same screens over the in-memory core, for looking at them in an ordinary browser and for the
// accessibility run. A separate output folder: nothing of it can reach the application.
export default defineConfig({
  // Stricter than in the window, where the policy of tauri.conf.json also lets the core be called.
  preview: {
    headers: {
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; form-action 'none'; base-uri 'none'",
    },
  },
  plugins: [svelte()],
  build: {
    target: oldestEngines,
    cssTarget: oldestEngines,
    assetsInlineLimit: 0,
    outDir: '.fake',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: 'fake.html' },
  },
});
