// Pictures of every page against the mock server, in both themes, languages and sizes, to be looked at.
//   node e2e/screenshots.mjs [FOLDER] [FILTER]      MOCK_STATE=good|bad|empty|broken
import fs from 'node:fs';
import path from 'node:path';
import { launchBrowser } from './browser.mjs';
import { startMock } from './mock/server.mjs';

const folder = process.argv[2] ?? path.join(import.meta.dirname, '.screenshots');
const filter = process.argv[3] ?? '';
fs.mkdirSync(folder, { recursive: true });

const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const SHOTS = [
  { name: 'home', path: '/', ready: '[data-testid=dashboard-grid] canvas' },
  { name: 'services', path: '/services', ready: '[data-testid=component]' },
  { name: 'profile', path: '/profile', ready: 'dl' },
  { name: 'sources', path: '/connections/datasources', ready: '[data-testid=data-source]' },
  {
    name: 'logs',
    path: '/logs',
    ready: '[data-testid=log-row]',
    act: openFirst('[data-testid=log-row] button'),
  },
  { name: 'traces', path: '/traces?min=20ms', ready: '[data-testid=trace-row]' },
  {
    name: 'trace',
    path: undefined,
    ready: '[data-testid=span-row]',
    act: openFirst('[data-service=product-service] [data-testid=span-open]'),
  },
];

function openFirst(selector) {
  return (page) => page.locator(selector).first().click();
}

async function logIn(page, url) {
  await page.goto(`${url}/login`);
  await page.fill('#login-user', 'admin');
  await page.fill('#login-password', 'admin123');
  await page.click('button[type=submit]');
  await page.waitForSelector('[data-testid=verdict]');
}

async function newPage(browser, { size, theme, language }) {
  const context = await browser.newContext({ viewport: SIZES[size], deviceScaleFactor: 1 });
  await context.addInitScript(
    ([chosenTheme, chosenLanguage]) => {
      localStorage.setItem('monitoring-stack.theme', chosenTheme);
      localStorage.setItem('monitoring-stack.language', chosenLanguage);
    },
    [theme, language],
  );
  const page = await context.newPage();
  page.on(
    'console',
    (message) =>
      message.type() !== 'info' && console.log(`  [${message.type()}] ${message.text().slice(0, 300)}`),
  );
  page.on('pageerror', (error) => console.log(`  [pageerror] ${error.message}`));
  page.on(
    'request',
    (request) => /\.svg$/.test(request.url()) && console.log(`  icon by request: ${request.url()}`),
  );
  return page;
}

async function checkoutTrace(page, url) {
  const answer = await page.request.get(
    `${url}/api/datasources/proxy/uid/tempo/api/search?tags=name%3Dcreate_order&limit=20&start=${Math.floor(Date.now() / 1000) - 900}&end=${Math.floor(Date.now() / 1000)}`,
  );
  const { traces = [] } = await answer.json();
  const failed = traces.find((trace) => Object.values(trace.serviceStats).some((stats) => stats.errorCount));
  return `/trace/${(failed ?? traces[0] ?? { traceID: '1' }).traceID}`;
}

async function shoot(page, name, full) {
  await page.waitForTimeout(350);
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: full });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  console.log(`${name}${overflow > 0 ? `  OVERFLOWS by ${overflow} px` : ''}`);
}

async function shootAll(browser, mock, variant) {
  const suffix = `${variant.size}-${variant.theme}-${variant.language}`;
  if (!suffix.includes(filter) && !SHOTS.some((shot) => `${shot.name}-${suffix}`.includes(filter))) {
    return;
  }
  const page = await newPage(browser, variant);
  await page.goto(`${mock.url}/login`);
  await page.waitForSelector('#login-user');
  await shoot(page, `login-${suffix}`, false);
  await logIn(page, mock.url);
  for (const shot of SHOTS) {
    await page.goto(mock.url + (shot.path ?? (await checkoutTrace(page, mock.url))));
    await page.waitForSelector(`${shot.ready}, main [role=alert], main [role=status] svg`);
    if (await page.locator(shot.ready).first().isVisible()) {
      await shot.act?.(page);
    }
    await shoot(page, `${shot.name}-${suffix}`, variant.size === 'wide' ? shot.name === 'home' : false);
  }
  await page.context().close();
}

const browser = await launchBrowser();
const mock = await startMock({ state: process.env.MOCK_STATE });
for (const size of Object.keys(SIZES)) {
  for (const [theme, language] of [
    ['dark', 'en'],
    ['light', 'es'],
    ['dark', 'es'],
    ['light', 'en'],
  ]) {
    await shootAll(browser, mock, { size, theme, language });
  }
}
await browser.close();
mock.close();
