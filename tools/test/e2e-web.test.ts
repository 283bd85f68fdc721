/** The same extension in a browser alone: the server is a worker, machines are in memory, files are the page's. */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleExtension } from '../bundle-vscode.mjs';
import { findChromium } from '../lib/chromium.mjs';
import { openWorkbench } from '../workbench/driver.mjs';
import { prepareWebWorkbench } from '../workbench/install.mjs';
import { EXTENSION, SAMPLE } from '../workbench/session.mjs';
import { startWeb } from '../workbench/web.mjs';

const chromium = await findChromium();
const web = typeof chromium === 'string' ? chromium : await prepareWebWorkbench();
if (typeof web === 'string') {
  const line = `the editor in a browser, end to end: ${web}`;
  const report = process.env['TSM_SKIP_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
  console.warn(line);
}

describe.skipIf(typeof web === 'string')('VS Code in a browser', () => {
  let driver: Awaited<ReturnType<typeof openWorkbench>>;
  const opened: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    if (typeof chromium === 'string' || typeof web === 'string') return;
    await bundleExtension();
    const server = await startWeb(web, { folder: SAMPLE, extension: EXTENSION });
    opened.push(server);
    driver = await openWorkbench(chromium, server.url);
    opened.push(driver);
    await driver.ready();
  });

  afterAll(async () => {
    for (const one of opened.reverse()) await one.close();
  });

  const open = async (file: string): Promise<void> => {
    await driver.command('View: Show Explorer');
    await driver.row('.explorer-folders-view', file).dblclick();
    await driver.page.locator('.tab.active').filter({ hasText: file }).waitFor();
  };

  test('a machine is made, extended and watched', async () => {
    const { command, answer, page, row } = driver;
    await command('TSM: New Simulated Machine');
    await answer('tdx', { choose: true });
    await answer('dev');
    await page.locator('.activitybar .action-label[aria-label*="TSM"]').first().click();
    await row('.pane-body', 'RTMR3').waitFor();
    await command('TSM: Append Event');
    await answer('dev', { choose: true });
    await answer('RTMR3', { choose: true });
    await answer('example.com/app start v1');
    await row('.pane-body', /RTMR3.*↑ changed/).waitFor();
  });

  test('a device of the machine goes to RUN, and its trace is read', async () => {
    const { row, webview } = driver;
    await row('.pane-body', 'devices').click();
    const device = row('.pane-body', '0000:01:00.0');
    for (const [verb, state] of [
      ['Connect', 'UNLOCKED'],
      ['Lock', 'LOCKED'],
      ['Accept', 'RUN'],
    ] as const) {
      await device.hover();
      await device.locator(`.action-label[aria-label^="${verb}"]`).first().click();
      await row('.pane-body', new RegExp(`0000:01:00\\.0\\s*${state}`)).waitFor();
    }
    await device.click();
    await webview().locator('#summary', { hasText: 'all decrypted' }).waitFor();
  });

  test('a text log has the value after each line', async () => {
    await open('rtmr3.tsmlog');
    await driver.lines.filter({ hasText: /⟵.RTMR3/ }).waitFor();
  });

  test('a binary log agrees with the evidence beside it', async () => {
    await open('boot.ccel');
    const pane = driver.webview();
    await pane.locator('#title', { hasText: 'ccel · 37 events' }).waitFor();
    await pane.locator('.chain', { hasText: /RTMR1.*agrees with the evidence/s }).waitFor();
  });

  test('evidence is verified', async () => {
    await open('boot.quote');
    await driver.webview().locator('#verdict', { hasText: 'PASS · UpToDate' }).waitFor();
  });

  test('nothing was asked of any other computer', () => {
    expect([...driver.elsewhere]).toEqual([]);
  });
});
