import './app.css';
import './lib/compat';
import { mount } from 'svelte';
import { FakeCore, type FakeOptions } from './lib/ipc/fake';
import Root from './lib/home/Root.svelte';

// Options in the address, for example fake.html?{"roles":["coordinator"],"stage":"home"}#/review
const query = decodeURIComponent(location.search.slice(1));
const options = (query ? JSON.parse(query) : {}) as FakeOptions & { theme?: 'light' | 'dark' | 'contrast'; locale?: 'kk' | 'ru' | 'en' };
const core = new FakeCore(options);
core.state.preferences = { locale: options.locale ?? 'kk', theme: options.theme ?? 'light', text_scale: 100 };

const target = document.getElementById('app');
if (target) mount(Root, { target, props: { core } });
