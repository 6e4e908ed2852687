// What the journey needs besides a browser: an order, patience, and eyes on the console and the network.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;

/** Repeats `attempt` until it is true. Telemetry takes its time; how long depends on the machine. */
export async function until(what, attempt) {
  const deadline = Date.now() + PATIENCE_MS;
  let last;
  while (Date.now() < deadline) {
    try {
      last = undefined;
      if (await attempt()) {
        return;
      }
    } catch (error) {
      last = error;
    }
    await pause(PAUSE_MS);
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`, { cause: last });
}

/** Places the README's sample order; returns its trace id. */
export async function placeOrder(orderServiceUrl) {
  let traceId;
  // The shop is made to refuse an order now and then (sold out, a slow dependency): a customer tries again.
  await until('an accepted order', async () => {
    const response = await fetch(`${orderServiceUrl}/orders`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: 1, products: [{ id: 1, quantity: 2 }] }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = await response.text();
    if (response.status !== 201) {
      throw new Error(`POST /orders answered ${response.status}: ${body}`);
    }
    traceId = response.headers.get('x-trace-id') ?? JSON.parse(body).trace_id;
    return /^[0-9a-f]{32}$/.test(traceId ?? '');
  });
  return traceId;
}

/** A wide page in English, in the dark, with eyes on it. The user may have chosen otherwise in another browser. */
export async function openPage(browser, stackUrl) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  await context.addInitScript(() => {
    const choose = (key, value) => localStorage.getItem(key) ?? localStorage.setItem(key, value);
    choose('monitoring-stack.language', 'en');
    choose('monitoring-stack.theme', 'dark');
    choose('monitoring-stack.timezone', 'utc');
  });
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  return { page, watched: watch(page, stackUrl) };
}

/** The login page, from wherever it stands now to wherever it leads. */
export async function logIn(page, password = 'admin123') {
  await page.getByLabel('User name or e-mail').fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** No page may be wider than its screen. */
export async function fitsTheScreen(page, what) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 0) {
    throw new Error(`${what} is ${overflow} px wider than the screen`);
  }
}

/** A panel by its title. */
export function panelOf(page, title) {
  return page.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

/** Keeps a picture of the page in SCREENSHOT_DIR, if that is set. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOT_DIR;
  if (folder) {
    fs.mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}

/** Collects what must not happen: console errors, exceptions, requests to other hosts. */
function watch(page, stackUrl) {
  const errors = [];
  const foreign = [];
  const { origin } = new URL(stackUrl);
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message)) {
      errors.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== origin) {
      foreign.push(request.url());
    }
  });
  return { errors, foreign };
}

/** Browsers log every 401, also those that are part of asking for a login. */
function isExpected(message) {
  const { pathname } = new URL(message.location().url || 'about:blank');
  return message.text().includes('401') && (pathname === '/login' || pathname === '/api/user');
}
