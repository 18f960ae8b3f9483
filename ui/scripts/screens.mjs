// Looks at every screen over the in-memory core, in Debian's Chromium: pictures into .screens, and axe on each.
// Run `npm run screens`; `npm run screens -- ru dark` narrows it. It is not part of the tests that need no browser.
import { readFileSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { screens } from './screen-list.mjs';

const only = new Set(process.argv.slice(2));
const pick = (all) => (all.some((one) => only.has(one)) ? all.filter((one) => only.has(one)) : all);
const sizes = { phone: { width: 390, height: 844 }, laptop: { width: 1366, height: 768 } };
const axe = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

process.env.VITE_CONFIG_NATIVE_IGNORE_WARNING = 'true';
await build({ configFile: 'vite.fake.config.ts', logLevel: 'warn' });
const server = await preview({ configFile: 'vite.fake.config.ts', preview: { port: 4173, strictPort: true }, logLevel: 'warn' });
rmSync('.screens', { recursive: true, force: true });
mkdirSync('.screens', { recursive: true });

const browser = await chromium.launchPersistentContext(join(tmpdir(), `screens-${process.pid}`), {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  timezoneId: 'Asia/Almaty',
});

let problems = 0;
const complain = (where, what) => {
  problems += 1;
  console.log(`${where}: ${what}`);
};

for (const [name, screen] of Object.entries(screens)) {
  for (const size of pick(Object.keys(sizes))) {
    for (const theme of pick(['light', 'dark', 'contrast'])) {
      for (const locale of pick(['kk', 'ru', 'en'])) {
        if (only.size && [...only].some((one) => one in screens) && !only.has(name)) continue;
        // Every combination is checked where it differs: all themes in Kazakh, the other languages in light.
        if (locale !== 'kk' && theme !== 'light' && !only.has(locale)) continue;
        const where = `${name} ${size} ${theme} ${locale}`;
        const page = await browser.newPage();
        await page.setViewportSize(sizes[size]);
        page.on('pageerror', (error) => complain(where, error.message));
        page.on('console', (message) => message.type() === 'error' && complain(where, message.text()));
        const options = JSON.stringify({ ...screen.options, theme, locale });
        await page.goto(`http://localhost:4173/fake.html?${encodeURIComponent(options)}${screen.hash ?? ''}`);
        try {
          await screen.go?.(page, size);
          if (screen.textSize) await page.evaluate((percent) => (document.documentElement.style.fontSize = `${percent}%`), screen.textSize);
          await page.waitForTimeout(250);
        } catch (error) {
          complain(where, error.message.split('\n').slice(0, 3).join(' '));
        }
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wider > 0) complain(where, `the page is ${wider} px wider than the screen`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        for (const { id, nodes } of violations) complain(where, `axe ${id}: ${nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
        await page.screenshot({ path: `.screens/${name}-${size}-${theme}-${locale}.png` });
        await page.close();
      }
    }
  }
}
await browser.close();
await server.close();
console.log(problems ? `${problems} problems` : 'no problems');
process.exit(problems ? 1 : 0);
