import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { oldestEngines } from './vite.config';

// The same screens over the in-memory core, for looking at them in an ordinary browser and for the
// accessibility run. A separate output folder: nothing of it can reach the application.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: oldestEngines,
    cssTarget: oldestEngines,
    assetsInlineLimit: 0,
    outDir: '.fake',
    reportCompressedSize: false,
    rollupOptions: { input: 'fake.html' },
  },
});
