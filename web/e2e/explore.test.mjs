// A person's way through Explore, over the mock server and the built files: logs, live lines, context, from an
// error to its trace to its logs, TraceQL, split, history, Spanish, a phone. SCREENSHOT_DIR keeps pictures.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './browser.mjs';
import { startMock } from './mock/server.mjs';
import { fitsTheScreen, logIn, openPage, picture, until } from './support.mjs';

const LOGS = '{service_name=~".+"}';

describe('explore', { timeout: 300_000 }, () => {
  let mock;
  let browser;
  let page;
  let watched;

  before(async () => {
    mock = await startMock();
    browser = await launchBrowser();
    ({ page, watched } = await openPage(browser, mock.url));
    await page.goto(`${mock.url}/login?redirect=%2Fexplore`);
    await logIn(page);
    await page.getByRole('heading', { name: 'Explore', level: 1 }).waitFor();
  });

  after(async () => {
    await browser?.close();
    mock?.close();
  });

  const open = (parameters) => page.goto(`${mock.url}/explore?${new URLSearchParams(parameters)}`);
  const panes = () => JSON.parse(new URL(page.url()).searchParams.get('panes'));
  const run = () => page.getByRole('button', { name: 'Run query' }).first().click();

  test('an example leads to lines and a histogram by level', async () => {
    await page.getByText('Ask the logs').waitFor();
    await picture(page, 'explore-01-start');
    await page.getByRole('button', { name: LOGS, exact: true }).click();
    await page.getByTestId('log-row').first().waitFor();
    await page.getByRole('heading', { name: 'Lines over time' }).waitFor();
    await page.locator('.u-over').first().waitFor();
    await picture(page, 'explore-02-logs');
    assert.equal(Object.values(panes())[0].queries[0].expr, LOGS);
  });

  test('code completes, and a mistake is marked where it is', async () => {
    await page.getByRole('radio', { name: 'Code' }).click();
    const editor = page.getByRole('textbox', { name: 'LogQL query' });
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{serv');
    await page.locator('.cm-tooltip-autocomplete').getByText('service_name').waitFor();
    await picture(page, 'explore-03-completion');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{a="b"} syntax error');
    await page.keyboard.press('Control+Enter');
    await page.getByText('The query was refused').waitFor();
    await page.locator('.cm-lintRange-error').first().waitFor();
    await picture(page, 'explore-04-mistake');
  });

  test('live lines arrive, pause and stop', async () => {
    await open({ query: LOGS });
    await page.getByTestId('log-row').first().waitFor();
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByTestId('live-figures').getByText('live', { exact: true }).waitFor();
    await page.getByTestId('log-row').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/[1-9]\d* waiting/).waitFor();
    await picture(page, 'explore-05-live');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'Lines over time' }).waitFor();
  });

  test('from an error line to its context, its trace and its logs', async () => {
    await open({ query: '{level="error"}', from: 'now-1h', to: 'now' });
    const line = page.getByTestId('log-row').first();
    await line.getByRole('button').first().click();
    await page.getByRole('button', { name: 'Show context' }).click();
    await page.getByTestId('context-before').getByTestId('log-row').first().waitFor();
    await picture(page, 'explore-06-context');
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: 'Trace beside' }).click();
    const right = page.getByTestId('pane-rgt');
    await right.getByTestId('span-row').first().waitFor();
    await right.getByTestId('minimap').waitFor();
    await picture(page, 'explore-07-split');
    await right.getByRole('link', { name: 'Logs for this trace' }).click();
    await page.getByTestId('pane-lft').getByTestId('log-row').first().waitFor();
    assert.match(Object.values(panes())[0].queries[0].expr, /\|= "[0-9a-f]{32}"/);
  });

  test('a value is filtered for, and the address says so', async () => {
    await open({ query: LOGS });
    await page.getByTestId('log-row').first().getByRole('button').first().click();
    await page
      .getByRole('button', { name: /^Filter for event = / })
      .first()
      .click();
    await until('a filter in the address', () =>
      /\| json \| event=/.test(Object.values(panes())[0].queries[0].expr),
    );
  });

  test('numbers are drawn', async () => {
    await open({ query: 'sum by (service_name) (rate({service_name=~".+"}[$__auto]))' });
    await page.getByTestId('series-row').first().waitFor();
    await picture(page, 'explore-08-numbers');
  });

  test('TraceQL finds traces, a trace opens beside them with its critical path', async () => {
    await open({ traceql: '{ status = error }', from: 'now-1h', to: 'now' });
    await page.getByTestId('found-trace').first().waitFor();
    await page
      .getByRole('button', { name: /matching spans/ })
      .first()
      .click();
    await page.getByTestId('found-span').first().waitFor();
    await picture(page, 'explore-09-traceql');
    await page.getByTestId('found-trace').first().getByRole('link').click();
    const right = page.getByTestId('pane-rgt');
    await right.getByTestId('span-row').first().waitFor();
    await page.getByTestId('pane-lft').getByRole('button', { name: 'Close this pane' }).click();
    await page.getByTestId('pane-rgt').waitFor({ state: 'detached' });
    await page.getByLabel('Critical path').click({ force: true });
    await page.getByTestId('critical').first().waitFor();
    await page.getByTestId('span-open').nth(3).click();
    await page.getByTestId('span-details').waitFor();
    await picture(page, 'explore-10-trace');
  });

  test('the search form writes TraceQL, and the graph shows who calls whom', async () => {
    await open({ traceql: '' });
    await page.getByRole('tab', { name: 'Search' }).waitFor();
    await page.getByRole('radio', { name: 'error' }).click();
    await page.getByTestId('query-preview').getByText('{status=error}').waitFor();
    await run();
    await page.getByTestId('found-trace').first().waitFor();
    await picture(page, 'explore-11-search');
    await page.getByRole('tab', { name: 'Service graph' }).click();
    await page.getByTestId('graph-node').first().waitFor();
    await picture(page, 'explore-12-graph');
    await open({ traceql: '{ } | rate() by (resource.service.name)' });
    await page.getByTestId('series-row').first().waitFor();
    await picture(page, 'explore-13-trace-metrics');
  });

  test('the history keeps what was run', async () => {
    await page.getByRole('button', { name: 'History' }).click();
    const entry = page.getByTestId('history-entry').filter({ hasText: LOGS }).first();
    await entry.getByRole('button', { name: 'Star', exact: true }).click();
    await entry.getByRole('button', { name: 'Remove the star' }).waitFor();
    await picture(page, 'explore-14-history');
    await entry.getByRole('button', { name: 'Run query' }).click();
    await page.getByTestId('log-row').first().waitFor();
  });

  test('Spanish, on a phone', async () => {
    await page.getByLabel('Language').selectOption('es');
    await page.getByRole('heading', { name: 'Explorar', level: 1 }).waitFor();
    await page.getByTestId('log-row').first().waitFor();
    await picture(page, 'explore-15-spanish');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByTestId('log-row').first().waitFor();
    await fitsTheScreen(page, 'logs');
    await picture(page, 'explore-16-phone-logs');
    await open({ traceql: '{ status = error }', from: 'now-1h', to: 'now' });
    await page.getByTestId('found-trace').first().waitFor();
    await fitsTheScreen(page, 'traces');
    await picture(page, 'explore-17-phone-traces');
    await page.getByTestId('found-trace').first().getByRole('link').click();
    await page.getByTestId('span-row').first().waitFor();
    await fitsTheScreen(page, 'trace');
    await picture(page, 'explore-18-phone-trace');
  });

  test('nothing was asked of another host, and no error was logged', () => {
    assert.deepEqual(watched.foreign, []);
    // Browsers log the refused queries that belong to the journey.
    assert.deepEqual(
      watched.errors.filter((error) => !error.includes('status of 400')),
      [],
    );
  });
});
