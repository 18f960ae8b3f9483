import './app.css';
import './lib/compat';
import { mount } from 'svelte';
import { tauriCore } from './lib/ipc/tauri';
import Root from './lib/home/Root.svelte';

// Absent when boot.js found the web engine too old and put its own page.
const target = document.getElementById('app');
if (target) mount(Root, { target, props: { core: tauriCore() } });
