// A person's way through dashboards, over the stand-in for the dashboard server: reading, filtering, editing, saving,
// restoring, importing, in English and Spanish, wide and narrow.
//   npm run build && node --test e2e/dashboards.test.mjs      SCREENSHOT_DIR keeps pictures
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './browser.mjs';
import { startMock } from './mock/server.mjs';
import { fitsTheScreen, logIn, openPage, panelOf, picture } from './support.mjs';

const community = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, 'mock/community-dashboard.json'), 'utf8'),
);

describe('dashboards', { timeout: 300_000 }, () => {
  let browser;
  let mock;
  let page;
  let watched;

  before(async () => {
    mock = await startMock();
    browser = await launchBrowser();
    ({ page, watched } = await openPage(browser, mock.url));
    await page.goto(`${mock.url}/login`);
    await logIn(page);
    await page.waitForSelector('[data-testid=verdict]');
  });

  after(async () => {
    await browser?.close();
    mock?.close();
  });

  const panel = (title) => panelOf(page, title);

  async function panelMenu(title, ...items) {
    await panel(title).first().hover();
    await page
      .getByRole('button', { name: `Menu for panel ${title}` })
      .first()
      .click();
    for (const item of items) {
      await page.getByRole('menuitem', { name: item, exact: true }).click();
    }
  }

  test('the list finds the four dashboards of the shop', async () => {
    await page
      .getByRole('navigation', { name: 'Main navigation' })
      .getByRole('link', { name: 'Dashboards' })
      .click();
    await page.getByTestId('dashboard-row').first().waitFor();
    assert.equal(await page.getByTestId('dashboard-row').count(), 4);
    await picture(page, 'list');
    await page.getByPlaceholder('Search dashboards by name').fill('overview');
    await page.getByRole('link', { name: 'E-commerce Lab Overview' }).click();
    await page.getByRole('heading', { name: 'Requests by service' }).waitFor();
    await panel('Requests by service').locator('canvas').waitFor();
    await picture(page, 'overview');
  });

  test('another service is asked for by every panel that has the variable', async () => {
    const answered = page.waitForResponse(
      (response) =>
        response.url().includes('/api/ds/query') &&
        (response.request().postData() ?? '').includes('service_name=~\\"order-service\\"'),
    );
    await page.goto(`${mock.url}/d/ecommerce-overview?var-service=order-service`);
    await answered;
    const legend = panel('Requests by service').getByRole('button', { name: 'order-service', exact: true });
    await legend.waitFor();
    assert.equal(
      await panel('Requests by service').getByRole('button', { name: 'user-service', exact: true }).count(),
      0,
    );
    await picture(page, 'one-service');
  });

  test('one panel alone, its data, and the way back', async () => {
    await panelMenu('Requests by service', 'View');
    await page.waitForURL(/viewPanel=panel-\d+/);
    await page.getByRole('button', { name: 'Back to dashboard' }).click();
    await page.getByTestId('dashboard-grid').waitFor();
  });

  test('a dashboard from a file cannot be saved, but a copy can', async () => {
    await page.goto(`${mock.url}/d/ecommerce-business`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('This dashboard comes from a file').first().waitFor();
    await page.locator('#save-title').fill('My business');
    await page.locator('#save-message').fill('First copy');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/d\/mock-\d+\/my-business/);
    await page.getByRole('heading', { name: 'My business' }).waitFor();
  });

  test('a panel is edited and applied, the dashboard saved, an older version restored', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await panelMenu('Accounts', 'Edit');
    await page.getByTestId('panel-editor').waitFor();
    await page.locator('#panel-title').fill('People');
    const asked = page.waitForRequest(
      (request) =>
        request.url().includes('/api/ds/query') &&
        (request.postData() ?? '').includes('user.logout" [5m]'.replace('"', '\\"')),
    );
    const query = page.getByLabel('LogQL').first();
    await query.fill(
      'sum by (event) (count_over_time({job="ecommerce"} | event=~"user.registered|user.logout" [5m]))',
    );
    await query.press('Control+Enter');
    await asked;
    await picture(page, 'panel-editor');
    await page.getByRole('button', { name: 'Apply to dashboard' }).click();
    await page.getByRole('heading', { name: 'People' }).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('#save-message').fill('Accounts are people');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Version history' }).click();
    await page.getByText('Accounts are people').waitFor();
    assert.equal(await page.getByTestId('version-row').count(), 2);
    for (const row of [0, 1]) {
      // The drawer slides in: no pointer can be sure to hit it at once.
      await page.getByTestId('version-row').nth(row).getByRole('checkbox').dispatchEvent('click');
    }
    await page.getByRole('heading', { name: 'From version 1 to version 2' }).waitFor();
    await page.getByText('"title": "People"').waitFor();
    await picture(page, 'history');
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('heading', { name: 'Accounts', exact: true }).waitFor();
  });

  test('a panel that is resized counts as a change: leaving asks first, saving keeps it', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const handle = page.locator('[data-griditem-key=grid-item-9] .scene-resize-handle');
    const { x, y } = await handle.boundingBox();
    await page.mouse.move(x + 8, y + 8);
    await page.mouse.down();
    await page.mouse.move(x - 300, y + 60, { steps: 8 });
    await page.mouse.up();
    await page.getByTitle('Unsaved changes').waitFor();
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByText('Leave and lose them').waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    const saved = page.waitForRequest((request) => request.url().endsWith('/api/dashboards/db'));
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    const { dashboard } = (await saved).postDataJSON();
    const { gridPos } = dashboard.panels.find(({ id }) => id === 9);
    assert.ok(gridPos.w < 6, `the panel was 6 wide and is ${gridPos.w}`);
    await page.getByTitle('Unsaved changes').waitFor({ state: 'detached' });
  });

  test('the editor changes the visualisation, an option and one field', async () => {
    await panelMenu('Accounts', 'Edit');
    const editor = page.getByTestId('panel-editor');
    await editor.waitFor();
    await page.getByLabel('Visualization').click();
    await page.getByRole('option', { name: 'Stat', exact: true }).click();
    await editor.getByRole('button', { name: 'Stat styles' }).click();
    await editor.locator('input[title=Background]').dispatchEvent('click');
    await editor.getByRole('button', { name: 'Overrides', exact: false }).click();
    await editor.getByRole('button', { name: 'Add override' }).click();
    await picture(page, 'visualisation');
    await page.getByRole('button', { name: 'Apply to dashboard' }).click();
    await editor.waitFor({ state: 'detached' });
    await page.getByTestId('dashboard-grid').waitFor();
    await page.getByRole('button', { name: 'Discard changes' }).click();
  });

  test('variables and annotations are made by forms, keys are explained, and Back asks first', async () => {
    await page.goto(`${mock.url}/dashboards`);
    await page.getByRole('link', { name: 'My business' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('tab', { name: /Variables/ }).click();
    await drawer.getByRole('button', { name: 'Add variable' }).click();
    await drawer.getByLabel('Type', { exact: true }).click();
    await page.getByRole('option', { name: 'Custom', exact: true }).click();
    await drawer.locator('#variable-name').fill('2 words');
    await drawer.getByText('Letters, digits and _ only').waitFor();
    await drawer.locator('#variable-name').fill('stage');
    await drawer.locator('#variable-values').fill('production,testing');
    await drawer.getByRole('tab', { name: /Annotations/ }).click();
    await drawer.getByRole('button', { name: 'Add annotation query' }).click();
    await drawer.locator('#annotation-name').fill('Deployments');
    await picture(page, 'settings');
    await drawer.getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('Deployments').first().waitFor();
    await page.getByText('production').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Save the dashboard').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.goBack();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.getByTitle('Unsaved changes').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Leave and lose them' }).click();
    await page.getByTestId('dashboard-row').first().waitFor();
  });

  test('a new dashboard begins with a panel', async () => {
    await page.goto(`${mock.url}/dashboard/new`);
    await page.getByRole('button', { name: 'Add panel' }).click();
    await page.getByTestId('panel-editor').waitFor();
    await page.getByLabel('LogQL').fill('sum(rate({job="ecommerce"} [1m]))');
    await page.getByLabel('LogQL').press('Control+Enter');
    await page.getByTestId('panel-editor').locator('canvas').waitFor();
    await page.getByRole('button', { name: 'Apply to dashboard' }).click();
    await panel('New panel').locator('canvas').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('#save-title').fill('From nothing');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/from-nothing/);
    await panel('New panel').locator('canvas').waitFor();
  });

  test('a dashboard of the community is imported with a data source of ours', async () => {
    await page.goto(`${mock.url}/dashboard/import`);
    await page.getByLabel('Dashboard JSON').fill(JSON.stringify(community));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Import dashboard' }).click();
    await page.waitForURL(/\/d\/community-loki/);
    await page.getByRole('heading', { name: 'Logs by app', exact: true }).waitFor();
    await panel('Logs by app').locator('canvas').waitFor();
    await picture(page, 'community');
  });

  test('in Spanish, light, on a phone: nothing is wider than the screen', async () => {
    await page.evaluate(() => {
      localStorage.setItem('monitoring-stack.language', 'es');
      localStorage.setItem('monitoring-stack.theme', 'light');
    });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [uid, title] of [
      ['ecommerce-overview', 'E-commerce Lab Overview'],
      ['ecommerce-logs', 'E-commerce Logs'],
    ]) {
      await page.goto(`${mock.url}/d/${uid}`);
      await page.getByRole('heading', { name: title }).waitFor();
      await page.getByRole('button', { name: 'Editar', exact: true }).waitFor();
      await page.locator('section').first().waitFor();
      await fitsTheScreen(page, title);
      await picture(page, `phone-${uid}`);
    }
    await page.goto(`${mock.url}/dashboards`);
    await page.getByTestId('dashboard-row').first().waitFor();
    await fitsTheScreen(page, 'the list');
    await picture(page, 'phone-list');
  });

  test('no page logged an error or asked another host', () => {
    assert.deepEqual(watched.errors, []);
    assert.deepEqual(watched.foreign, []);
  });
});
