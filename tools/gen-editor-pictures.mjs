// @ts-check
/** Writes `docs/pictures/editor-*.png`: the editor on the sample workspace, as it is today. Arguments: only these pictures. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';
import { findSession, startSession } from './workbench/session.mjs';

/** @typedef {Awaited<ReturnType<typeof startSession>>['driver']} Driver */

/** What each picture shows, in the order in which a person comes by. @type {Record<string, (driver: Driver) => Promise<void>>} */
const PICTURES = {
  async machines({ command, answer, open, lines, row, page }) {
    await command('TSM: New Simulated Machine');
    await answer('tdx', { choose: true });
    await answer('tdx-dev');
    await command('TSM: Append Event');
    await answer('tdx-dev', { choose: true });
    await answer('RTMR3', { choose: true });
    await answer('example.com/app start v1');
    await page.locator('.activitybar .action-label[aria-label*="TSM"]').first().click();
    await row('.pane-body', /RTMR3.*changed/).waitFor();
    await open('rtmr3.tsmlog');
    await lines.filter({ hasText: /⟵.RTMR3/ }).waitFor();
  },
  async wrong({ page }) {
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText(`SYNC sha384/${'00'.repeat(48)}\n`);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
    await page.keyboard.press('Control+.');
    await page.locator('.action-widget .monaco-list-row').filter({ hasText: /SYNC/ }).first().waitFor();
  },
  async log({ open, webview }) {
    await open('tampered.ccel');
    const pane = webview();
    await pane.locator('.chain', { hasText: 'differs from the evidence' }).first().waitFor();
    await pane.locator('.chain', { hasText: 'RTMR1' }).click();
    await pane.locator('[role=row]', { hasText: 'BOOTX64' }).first().click();
    await pane.locator('#tree [role=treeitem]', { hasText: 'digest sha384' }).click();
  },
  async evidence({ open, webview }) {
    await open('boot.quote');
    const pane = webview();
    await pane.locator('#verdict', { hasText: 'PASS' }).waitFor();
    await pane.locator('#checks [role=treeitem]', { hasText: 'Certificates' }).click();
  },
  async explain({ command, answer, lines }) {
    await command('TSM: Explain Mismatch');
    await answer('tampered.ccel', { choose: true });
    await answer('boot.quote', { choose: true });
    await lines
      .filter({ hasText: /one.explanation/ })
      .first()
      .waitFor();
  },
  async devices({ command, page, row, webview }) {
    await command('View: Show TSM');
    await row('.pane-body', 'devices').click();
    const device = row('.pane-body', '0000:01:00.0');
    for (const [verb, state] of Object.entries({ Connect: 'UNLOCKED', Lock: 'LOCKED', Accept: 'RUN' })) {
      await device.hover();
      await device.locator(`.action-label[aria-label^="${verb}"]`).first().click();
      await row('.pane-body', new RegExp(`0000:01:00\\.0\\s*${state}`)).waitFor();
    }
    await device.click();
    const pane = webview();
    await pane.locator('#sequence').focus();
    await page.keyboard.press('End');
    await pane.locator('[role=option]', { hasText: 'LOCK_INTERFACE_REQUEST' }).click();
    await pane.locator('#tree [role=treeitem]', { hasText: 'streamId' }).click();
  },
  async compare({ command, answer, page }) {
    await command('TSM: Compare Logs');
    await answer('boot.ccel', { choose: true });
    await answer('newer.ccel', { choose: true });
    await page.locator('.monaco-diff-editor .view-lines', { hasText: 'debug' }).first().waitFor();
  },
};

await main(async () => {
  await bootstrap();
  const found = await findSession();
  if (typeof found === 'string') throw new Error(found);
  const folder = path.join(ROOT, 'docs/pictures');
  await mkdir(folder, { recursive: true });
  const session = await startSession(found);
  const { driver } = session;
  try {
    await driver.ready();
    const wanted = process.argv.slice(2);
    const isWanted = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
    for (const [name, show] of Object.entries(PICTURES)) {
      // The others stand on the machine that the first one makes.
      if (!isWanted(name) && name !== 'machines') continue;
      await show(driver);
      await driver.page.addStyleTag({ content: '.notifications-toasts { display: none !important; }' });
      await driver.page.waitForTimeout(500);
      if (isWanted(name)) await driver.page.screenshot({ path: path.join(folder, `editor-${name}.png`) });
      await driver.page.keyboard.press('Escape');
    }
  } finally {
    await session.close();
  }
  return 0;
});
