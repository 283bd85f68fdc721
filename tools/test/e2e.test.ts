/** The extension in a real VS Code, in a real Chromium: what a person does first, from an empty view to an explained log. */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { readVector, vectors } from '../../packages/core/test/support/vectors.ts';
import { ROOT } from '../lib/run.mjs';
import { findSession, startSession } from '../workbench/session.mjs';

/** A provider of nobody's technology, and one that does not load. */
const FILES = {
  'acme.mjs': `
    const register = { title: 'Everything', kind: 'runtime', role: 'application', algorithm: 'sha256', size: 32, numbers: {} };
    const flags = { readable: true, extensible: true, live: true, hasLog: true };
    const model = () => {
      let value = new Uint8Array(32);
      return { read: () => value.slice(), extend: (_name, digest) => void (value = value.map((byte, i) => byte ^ digest[i])) };
    };
    export default { apiVersion: 1, id: 'acme', title: 'Acme', registers: [{ name: 'acme0', ...register, ...flags }], model };`,
  'broken.mjs': 'throw new Error("no such luck");',
};
const SETTINGS = { 'tsm.providers': ['./acme.mjs', './broken.mjs'] };
const PICTURES = path.join(ROOT, '.workbench/pictures');
const SLOW = 60_000;

/** What and where, for the report of a failed test. */
const shown = (findings: readonly { id: string; nodes: readonly { html: string }[] }[]): string[] =>
  findings.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`);

/** Says what is skipped, also to `npm test`. */
function say(line: string): void {
  const report = process.env['TSM_SKIP_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
  console.warn(line);
}

/** A log and a quote of one real machine, where the vectors are there. */
const REAL: Readonly<Record<string, string>> = {
  'real.ccel': 'eventlog/google+go-tdx-guest/ccel_data.dat',
  'real.quote': 'evidence/tdx/quote_v4_cos113.dat',
};
const haveReal = vectors('eventlog').length > 0;
const real = haveReal ? Object.entries(REAL).map(([name, file]) => [name, readVector(file)] as const) : [];

const found = await findSession();
if (!haveReal) say('the editor on real files: 2 cases need the shared vectors (TSM_VECTORS)');
if (typeof found === 'string') say(`the editor, end to end: ${found}`);

describe.skipIf(typeof found === 'string')('VS Code', () => {
  let session: Awaited<ReturnType<typeof startSession>>;

  beforeAll(async () => {
    if (typeof found === 'string') return;
    session = await startSession(found, {
      files: { ...FILES, ...Object.fromEntries(real) },
      settings: SETTINGS,
    });
    await session.driver.ready();
  }, 5 * SLOW);

  afterAll(async () => {
    await session.close();
  });

  /** A step that leaves a picture when it fails, and no open question for the next one. */
  const step = (
    name: string,
    run: (driver: typeof session.driver) => Promise<void>,
    possible = true,
  ): void => {
    test.skipIf(!possible)(
      name,
      async () => {
        const { driver } = session;
        onTestFailed(async () => {
          mkdirSync(PICTURES, { recursive: true });
          await driver.page.screenshot({ path: path.join(PICTURES, `${name.replace(/\W+/g, '-')}.png`) });
          for (let i = 0; i < 3; i += 1) await driver.page.keyboard.press('Escape');
        });
        await run(driver);
      },
      SLOW,
    );
  };

  /** Serious findings of axe in the active custom editor: its document is two frames deep. */
  const seriousFindings = async (): Promise<Finding[]> => {
    const outer = await session.driver.page.locator('iframe.webview.ready >> visible=true').elementHandle();
    const [frame] = (await outer.contentFrame())!.childFrames();
    // The page's policy lets no other script in; what the driver evaluates is not bound by it.
    await frame!.evaluate(axe.source);
    const { violations, passes } = await frame!.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<Audit> } }).axe.run(),
    );
    expect(passes.length).toBeGreaterThan(10);
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  };
  interface Audit {
    readonly violations: readonly Finding[];
    readonly passes: readonly unknown[];
  }
  interface Finding {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }

  step('a provider that does not load is named, and harms nobody', async ({ command, toast, row, page }) => {
    await command('TSM: New Simulated Machine');
    await toast(/broken\.mjs: no such luck/).waitFor();
    for (const id of ['acme', 'tdx', 'snp', 'cca', 'cove']) await row('.quick-input-list', id).waitFor();
    await page.keyboard.press('Escape');
  });

  step('a new machine is in the live view', async ({ command, answer, row, page }) => {
    await command('TSM: New Simulated Machine');
    await answer('tdx', { choose: true });
    await answer('dev');
    await page.locator('.activitybar .action-label[aria-label*="TSM"]').first().click();
    await row('.pane-body', 'RTMR3').waitFor();
    expect(await row('.pane-body', 'MRTD').innerText()).toMatch(/MRTD\s*[0-9a-f]{6}…[0-9a-f]{6}/);
  });

  step('an event that is appended shows in the view at once', async ({ command, answer, row }) => {
    await command('TSM: Append Event');
    await answer('dev', { choose: true });
    await answer('RTMR3', { choose: true });
    await answer('example.com/app start v1');
    await row('.pane-body', /RTMR3.*↑ changed/).waitFor();
    await row('.pane-body', /RTMR3.*1 event · .*start/).waitFor();
  });

  step(
    'a machine of a third party’s provider is extended like any other',
    async ({ command, answer, row }) => {
      await command('TSM: New Simulated Machine');
      await answer('acme', { choose: true });
      await answer('third');
      await row('.pane-body', 'ACME0').waitFor();
      await command('TSM: Extend Register');
      await answer('third', { choose: true });
      await answer('ACME0', { choose: true });
      await answer('The hash of a text', { choose: true });
      await answer('hello');
      await row('.pane-body', /ACME0.*2cf24d…8b9824.*changed/).waitFor();
    },
  );

  step('a text log: the value after each line, and what is wrong where', async ({ open, page, lines }) => {
    await open('rtmr3.tsmlog');
    await lines.filter({ hasText: /sha256:4f2c9a\s*⟵.RTMR3.[0-9a-f]{8}…/ }).waitFor();
    await page.locator('.codelens-decoration', { hasText: 'Verify against boot.quote' }).waitFor();
    expect(await page.locator('.squiggly-error').count()).toBe(0);
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText(`SYNC sha384/${'00'.repeat(48)}\n`);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
  });

  step('a SYNC that contradicts the log is recomputed by a quick fix', async ({ page, lines }) => {
    await page.keyboard.press('Control+.');
    const fix = page.locator('.action-widget .monaco-list-row').filter({ hasText: /SYNC/ }).first();
    await fix.waitFor();
    await fix.click();
    await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    expect(await lines.innerText()).toMatch(/SYNC.sha384\/[0-9a-f]{2,}/);
    await page.keyboard.press('Control+S');
  });

  step('the code lens of a machine’s log extends its register', async (driver) => {
    const { command, answer, page, lines, row } = driver;
    await command('TSM: Open Register Log');
    await answer('dev', { choose: true });
    await answer('RTMR3', { choose: true });
    await lines.filter({ hasText: /app.start.v1/ }).waitFor();
    await page.locator('.codelens-decoration a', { hasText: 'Extend into RTMR3' }).first().click();
    await answer('An event', { choose: true });
    await answer('example.com/app stop v1');
    await lines.filter({ hasText: /app.stop.v1/ }).waitFor();
    await row('.pane-body', /RTMR3.*2 events/).waitFor();
  });

  step('a binary log: search an event, see its fields and its bytes', async ({ open, webview }) => {
    await open('boot.ccel');
    const page = webview();
    await page.locator('#title', { hasText: 'ccel · 37 events' }).waitFor();
    await page.locator('.chain', { hasText: /RTMR1.*agrees with the evidence/s }).waitFor();
    await page.locator('#search').fill('SecureBoot');
    await page.locator('#found', { hasText: '1 found' }).waitFor();
    await page.locator('[role=row][aria-selected]', { hasText: 'SecureBoot' }).click();
    const digest = page.locator('#tree [role=treeitem]', { hasText: 'digest sha384' });
    await digest.click();
    expect(await page.locator('#hex .marked').count()).toBe(48);
    await page.locator('#hex [data-at]').first().click();
    expect(await page.locator('#tree [role=treeitem][aria-selected=true]').count()).toBe(1);
  });

  step('a binary log is used by keyboard alone', async ({ webview, page: window }) => {
    const page = webview();
    await page.locator('#search').fill('');
    await page.locator('#found', { hasText: /^$/ }).waitFor({ state: 'attached' });
    await page.locator('#grid .body').focus();
    await window.keyboard.press('End');
    await page.locator('[role=row][aria-rowindex="38"][aria-selected=true]').waitFor();
    expect(await page.locator('#status').innerText()).toMatch(/^event 36, /);
    await page.locator('#tree [role=treeitem][tabindex="0"]').focus();
    await window.keyboard.press('ArrowDown');
    await page.locator('#tree [role=treeitem][aria-selected=true]', { hasText: 'type' }).waitFor();
  });

  step('axe finds nothing serious in the log editor', async () => {
    expect(shown(await seriousFindings())).toEqual([]);
  });

  step('evidence: its verdict, and each check leads to its bytes', async ({ open, webview }) => {
    await open('boot.quote');
    const page = webview();
    await page.locator('#verdict', { hasText: 'PASS · UpToDate' }).waitFor();
    await page.locator('#tree [role=treeitem]', { hasText: 'rtmr1' }).first().click();
    expect(await page.locator('#hex .marked').count()).toBe(48);
    await page.locator('#at').fill('2036-01-01');
    await page.locator('#verdict', { hasText: 'FAIL' }).waitFor();
    await page.locator('#checks [role=treeitem]', { hasText: 'Certificates' }).first().click();
    await page.locator('#detail', { hasText: 'certificates' }).waitFor();
  });

  step('axe finds nothing serious in the evidence editor', async () => {
    expect(shown(await seriousFindings())).toEqual([]);
  });

  step(
    'the log of a real machine is held against its quote, and an event is found',
    async ({ open, webview, answer }) => {
      await open('real.ccel');
      const page = webview();
      await page.locator('#evidence').click();
      await answer('real.quote', { choose: true });
      await page.locator('.chain', { hasText: /RTMR1.*agrees with the evidence/s }).waitFor();
      await page.locator('#search').fill('SecureBoot');
      await page.locator('[role=row][aria-selected]', { hasText: 'SecureBoot' }).first().waitFor();
    },
    haveReal,
  );

  step(
    'a real quote is read, and is not genuine under the root of the sample',
    async ({ open, webview }) => {
      await open('real.quote');
      const page = webview();
      await page.locator('#title', { hasText: 'TDX · quote-v4' }).waitFor();
      await page.locator('#verdict', { hasText: 'FAIL' }).waitFor();
      await page.locator('#checks [role=treeitem]', { hasText: /failed.*Certificates/s }).waitFor();
    },
    haveReal,
  );

  step('a mismatch is explained', async ({ command, answer, lines }) => {
    await command('TSM: Explain Mismatch');
    await answer('tampered.ccel', { choose: true });
    await answer('boot.quote', { choose: true });
    await lines
      .filter({ hasText: /one.explanation/ })
      .first()
      .waitFor();
    expect(await lines.last().innerText()).toMatch(/bit/);
  });

  step('two boots are compared in the editor’s own diff', async ({ command, answer, page }) => {
    await command('TSM: Compare Logs');
    await answer('boot.ccel', { choose: true });
    await answer('newer.ccel', { choose: true });
    await page.locator('.monaco-diff-editor .view-lines', { hasText: 'debug' }).first().waitFor();
  });

  step('the kernel’s tree of a machine is a folder in the Explorer', async ({ command, answer, row }) => {
    await command('TSM: Show File Tree');
    await answer('dev', { choose: true });
    // The editor starts its extensions anew when the workspace gets a second folder. Folders of one entry share a row.
    for (const name of [/tsm: dev/, /^sys/, /devices/, /measurements/]) {
      const folder = row('.explorer-folders-view', name);
      await folder.waitFor({ timeout: SLOW });
      if ((await folder.getAttribute('aria-expanded')) === 'false') await folder.click();
    }
    await row('.explorer-folders-view', 'rtmr3:sha384').waitFor();
  });

  step('nothing was asked of any other computer', async ({ elsewhere }) => {
    expect([...elsewhere]).toEqual([]);
    return Promise.resolve();
  });
});
