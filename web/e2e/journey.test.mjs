// A person's way through the interface of a running stack: from a refused login to an order's trace and back.
//   STACK_URL=http://127.0.0.1:3000 ORDER_SERVICE_URL=http://127.0.0.1:8083 node --test e2e/journey.test.mjs
// SCREENSHOT_DIR keeps pictures; STACK_PASSWORD is for a stack that was started with another one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './browser.mjs';
import { fitsTheScreen, logIn, openPage, panelOf, picture, placeOrder, until } from './support.mjs';

const stackUrl = (process.env.STACK_URL ?? 'http://127.0.0.1:3000').replace(/\/$/, '');
const orderServiceUrl = (process.env.ORDER_SERVICE_URL ?? 'http://127.0.0.1:8083').replace(/\/$/, '');
const password = process.env.STACK_PASSWORD ?? 'admin123';

const COMPONENTS = [
  'user-service',
  'product-service',
  'order-service',
  'traffic-generator',
  'log-store',
  'trace-store',
  'collector',
  'dashboard-server',
];

describe('from login to trace', { timeout: 300_000 }, () => {
  let browser;
  let page;
  let watched;
  let traceId;

  before(async () => {
    browser = await launchBrowser();
    ({ page, watched } = await openPage(browser, stackUrl));
  });

  after(() => browser?.close());

  /** Runs the query on the page; returns the text of the answer. What the page shows before it is of no account. */
  async function runQuery(needle) {
    const answered = page.waitForResponse(
      (response) =>
        response.url().includes('/query_range') && decodeURIComponent(response.url()).includes(needle),
    );
    await page.getByRole('button', { name: 'Run query' }).click();
    return (await answered).text();
  }

  test('a stranger is sent to the login and a wrong password is refused', async () => {
    await page.goto(`${stackUrl}/traces?service=order-service`);
    await page.waitForURL('**/login?redirect=*');
    await logIn(page, 'not the password');
    await page.getByText('Wrong user name or password').waitFor();
    assert.equal(new URL(page.url()).pathname, '/login');
    await picture(page, '01-login-refused');
  });

  test('the right password leads back to the page that was asked for', async () => {
    await logIn(page, password);
    await page.waitForURL('**/traces?service=order-service');
    await page.getByRole('heading', { name: 'Traces', level: 1 }).waitFor();
  });

  test('the home page is the overview with live figures, and says that every component is up', async () => {
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByRole('heading', { name: 'E-commerce Lab Overview', level: 1 }).waitFor();
    for (const name of COMPONENTS) {
      await page.locator(`[data-testid=component][data-name="${name}"][data-status=up]`).waitFor();
    }
    await page
      .locator('[data-testid=verdict][data-tone=good], [data-testid=verdict][data-tone=warn]')
      .waitFor();
    await panelOf(page, 'Requests by service').locator('canvas').waitFor();
    // A figure that is not zero: customers are there, and their requests are counted.
    await until('requests per second', async () =>
      /[1-9]/.test(await panelOf(page, 'Request rate').innerText()),
    );
    await picture(page, '02-home');
  });

  test('the log lines of a new order appear', async () => {
    traceId = await placeOrder(orderServiceUrl);
    await page.getByRole('navigation').getByRole('link', { name: 'Logs' }).click();
    await page.getByLabel('LogQL query').fill(`{service_name="order-service"} |= "${traceId}"`);
    await until('log lines of the order', async () => (await runQuery(traceId)).includes('order.created'));
    await page
      .getByTestId('log-row')
      .filter({ hasText: 'order.created' })
      .first()
      .getByRole('button')
      .first()
      .click();
    await page.getByTestId('log-details').getByText(traceId).first().waitFor();
    await picture(page, '03-logs-of-the-order');
  });

  test('a log line opens the trace, which crosses three services', async () => {
    await page.getByTestId('log-details').getByRole('link', { name: 'Open trace' }).click();
    await page.waitForURL(`**/trace/${traceId}*`);
    await until('spans of order-, user- and product-service', async () => {
      const present = await Promise.all(
        ['order-service', 'user-service', 'product-service'].map((service) =>
          page.locator(`[data-testid=span-row][data-service="${service}"]`).first().isVisible(),
        ),
      );
      if (!present.every(Boolean)) {
        await page.reload();
        await page.getByTestId('span-row').first().waitFor();
      }
      return present.every(Boolean);
    });
    const product = page.locator('[data-testid=span-row][data-service="product-service"]').first();
    await product.getByTestId('span-open').click();
    await page.getByTestId('span-details').last().getByText('service.name').first().waitFor();
    await picture(page, '04-trace');
  });

  test('the trace leads back to its logs', async () => {
    await page.getByRole('link', { name: 'Logs for this trace' }).click();
    await page.waitForURL('**/logs?*');
    assert.ok(new URL(page.url()).searchParams.get('query').includes(traceId));
    await until('lines of several services', async () => {
      const answer = await runQuery(traceId);
      return ['order-service', 'product-service'].every((service) =>
        answer.includes(`"service_name":"${service}"`),
      );
    });
    for (const service of ['order-service', 'product-service']) {
      await page.getByTestId('log-row').filter({ hasText: service }).first().waitFor();
    }
    await picture(page, '05-logs-of-the-trace');
  });

  test('a trace opens by its id, and traces are found by service and duration', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Traces' }).click();
    await page.getByLabel('Shortest').fill('soon');
    await page.getByText('Write a duration such as').waitFor();
    await page.getByLabel('Shortest').fill('1ms');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByTestId('trace-row').first().waitFor();
    await picture(page, '06-traces');
    await page.getByRole('textbox', { name: 'Open by trace id' }).fill(traceId);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByTestId('span-row').first().waitFor();
    await page.goto(`${stackUrl}/trace/00000000000000000000000000000001`);
    await page.getByText('No trace has this id').waitFor();
  });

  test('Spanish and the light theme', async () => {
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByLabel('Language').selectOption('es');
    await page.getByText('Últimos 15 minutos').first().waitFor();
    await page.getByRole('button', { name: 'Editar', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Cambiar al tema claro' }).click();
    await page.getByRole('button', { name: 'Cambiar al tema oscuro' }).waitFor();
    await panelOf(page, 'Requests by service').locator('canvas').waitFor();
    await picture(page, '07-home-es-light');
    await page.getByRole('link', { name: 'Servicios' }).click();
    await page.getByRole('heading', { name: 'Servicios', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Componentes' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'es');
  });

  test('every page fits a phone, and its menu leads everywhere', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByTestId('component').first().waitFor();
    await fitsTheScreen(page, 'the services');
    await page.getByRole('button', { name: 'Abrir el menú' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Inicio' }).click();
    await panelOf(page, 'Request rate').waitFor();
    await fitsTheScreen(page, 'home');
    await picture(page, '08-home-phone');
    for (const [name, ready] of [
      ['Registros', 'log-row'],
      ['Trazas', 'trace-row'],
    ]) {
      await page.getByRole('button', { name: 'Abrir el menú' }).click();
      await page.getByRole('dialog').getByRole('link', { name }).click();
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      await page.getByTestId(ready).first().waitFor();
      await fitsTheScreen(page, name);
      await picture(page, `09-phone-${ready}`);
    }
    await page.goto(`${stackUrl}/trace/${traceId}`);
    await page.getByTestId('span-row').first().waitFor();
    await fitsTheScreen(page, 'trace');
    await picture(page, '10-phone-trace');
  });

  test('signing out ends the session', async () => {
    await page.getByRole('button', { name: 'Menú de usuario de admin' }).click();
    await page.getByRole('menuitem', { name: 'Cerrar sesión' }).click();
    await page.getByRole('button', { name: 'Entrar' }).waitFor();
    await page.goto(`${stackUrl}/logs`);
    await page.waitForURL('**/login?redirect=*');
  });

  test('nothing was asked of another host, and no error was logged', () => {
    assert.deepEqual(watched.foreign, []);
    assert.deepEqual(watched.errors, []);
  });
});
