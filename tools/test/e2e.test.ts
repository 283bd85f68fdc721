/** The extension in a real VS Code, in a real Chromium: what a person does first, from an empty view to an explained log. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '@tsm/host';
import tdx from '@tsm/provider-tdx';
import { DeviceRecorder, MachineDevices } from '@tsm/host/devices';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { readVector, vectors } from '../../packages/core/test/support/vectors.ts';
import { ROOT } from '../lib/run.mjs';
import { findSession, startSession } from '../workbench/session.mjs';

/** A provider of nobody's technology. */
const acme = (id: string): string => `
    const register = { title: 'Everything', kind: 'runtime', role: 'application', algorithm: 'sha256', size: 32, numbers: {} };
    const flags = { readable: true, extensible: true, live: true, hasLog: true };
    const model = () => {
      let value = new Uint8Array(32);
      return { read: () => value.slice(), extend: (_name, digest) => void (value = value.map((byte, i) => byte ^ digest[i])) };
    };
    export default { apiVersion: 1, id: '${id}', title: 'Acme', registers: [{ name: 'acme0', ...register, ...flags }], model };`;
/** One that a setting names, and one that does not load. */
const FILES = { 'acme.mjs': acme('acme'), 'broken.mjs': 'throw new Error("no such luck");' };
/** An extension that brings a provider. */
const OTHER = {
  'package.json': JSON.stringify({
    ...{ name: 'other', publisher: 'somebody', version: '1.0.0', engines: { vscode: '*' } },
    contributes: { tsmProviders: ['./provider.mjs'] },
  }),
  'provider.mjs': acme('brought'),
};
/** A tree of files that stands for the kernel's: the editor takes it for the machine that it runs in. */
const LIVE_REGISTER = 'live/sys/devices/virtual/misc/tdx_guest/measurements/rtmr2:sha384';
const SETTINGS = {
  ...{ 'tsm.providers': ['./acme.mjs', './broken.mjs'], 'tsm.liveRoot': './live' },
  // Its folders are named as those of the machines' trees are.
  'files.exclude': { live: true },
};
const PICTURES = path.join(ROOT, '.workbench/pictures');
const SLOW = 60_000;
const DEVICE = '0000:01:00.0';

/** A capture of a device that was connected, and what decrypts it. */
function capture(): Record<string, string | Uint8Array> {
  const recorder = new DeviceRecorder(DEVICE);
  const made = { platform: 'sev-tio', seed: new Uint8Array(32), now: new Date() } as const;
  new MachineDevices(made, recorder.watching).apply('connect', DEVICE);
  return { 'run.pcap': recorder.capture, 'run.json': JSON.stringify(recorder.secrets) };
}

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
      files: { ...FILES, ...capture(), [LIVE_REGISTER]: new Uint8Array(48), ...Object.fromEntries(real) },
      settings: SETTINGS,
      other: OTHER,
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
    timeout = SLOW,
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
      timeout,
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

  /** What a page has for drag and drop, which the types of Node do not know. */
  interface Dom {
    readonly DataTransfer: new () => {
      readonly items: { add(file: File): void };
      setData(type: string, data: string): void;
    };
    readonly DragEvent: new (type: string, init: object) => Event;
  }

  step(
    'providers come from settings and from other extensions; one that does not load is named',
    async ({ command, toast, row, page }) => {
      await command('TSM: New Simulated Machine');
      await toast(/broken\.mjs: no such luck/).waitFor();
      for (const id of ['acme', 'brought', 'tdx', 'snp', 'cca', 'cove'])
        await row('.quick-input-list', id).waitFor();
      await page.keyboard.press('Escape');
    },
  );

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

  step('the machine that the editor runs in is extended only by a person who said so', async (driver) => {
    const { command, answer, row, page } = driver;
    await row('.pane-body', /this machine.*live · tdx/).waitFor();
    const extend = async (said: 'Extend' | 'Cancel'): Promise<void> => {
      await command('TSM: Extend Register');
      await answer('live', { choose: true });
      await answer('RTMR2', { choose: true });
      await answer('A digest in hex', { choose: true });
      await answer('5a'.repeat(48));
      const box = page.locator('.monaco-dialog-box', { hasText: 'This is real hardware' });
      await box.locator('.monaco-button', { hasText: said }).click();
    };
    const value = () => readFileSync(path.join(session.folder, LIVE_REGISTER)).toString('hex');
    await extend('Cancel');
    expect(value()).toBe('00'.repeat(48));
    await extend('Extend');
    await row('.pane-body', /RTMR2.*5a5a5a…5a5a5a.*changed/).waitFor();
    expect(value()).toBe('5a'.repeat(48));
  });

  step('a change is set against the snapshot', async ({ command, answer, page, row }) => {
    await command('TSM: Take Snapshot');
    await answer('third', { choose: true });
    await row('.pane-body', /ACME0.*changed/).waitFor({ state: 'detached' });
    await command('TSM: Append Event');
    await answer('third', { choose: true });
    await answer('ACME0', { choose: true });
    await answer('example.com/app start v2');
    await row('.pane-body', /ACME0.*changed/).waitFor();
    await command('TSM: Compare with Snapshot');
    await answer('third', { choose: true });
    const side = (name: string) => page.locator(`.monaco-diff-editor .editor.${name} .view-lines`);
    await side('original')
      .filter({ hasText: /ACME0.+2cf24d/ })
      .waitFor();
    await side('modified').filter({ hasText: /ACME0/ }).waitFor();
    expect(await side('modified').innerText()).not.toContain('2cf24d');
  });

  step('what another process extends shows in the view at once', async ({ row, page }) => {
    const state = new StateDirectory(path.join(session.folder, '.tsm'), () => Promise.resolve(tdx));
    const other = await state.open('dev');
    const times: number[] = [];
    for (let i = 2; i < 12; i += 1) {
      const shown = row('.pane-body', new RegExp(`RTMR3.* ${String(i)} events`));
      const began = performance.now();
      other.append('rtmr3', `example.com/app event ${String(i)}`);
      await shown.waitFor();
      times.push(performance.now() - began);
      // The editor draws a view at once, but not again within 200 ms.
      await page.waitForTimeout(400);
    }
    const median = times.sort((a, b) => a - b)[5]!;
    console.warn(`from an extend by another process to the row of the view: ${median.toFixed(0)} ms`);
    // Looking at the page takes some of it, and the computer does other things.
    expect(median).toBeLessThan(300);
  });

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

  step(
    'a policy and a log are dropped on evidence, from the Explorer and from the desktop',
    async (driver) => {
      const { webview, answer } = driver;
      const page = webview();
      await page.locator('#at').fill('2026-01-02');
      await page.locator('#verdict', { hasText: 'PASS' }).waitFor();
      /** As the browser hands over what was dropped: the address of a file, or the file. */
      const drop = (part: string, files: { uri?: string; name?: string; text?: string }): Promise<void> =>
        page.locator(`[data-drop=${part}]`).evaluate((element, { uri, name, text }) => {
          const dom = globalThis as unknown as Dom;
          const dataTransfer = new dom.DataTransfer();
          if (uri === undefined) dataTransfer.items.add(new File([text ?? ''], name ?? ''));
          else dataTransfer.setData('text/uri-list', uri);
          (element as unknown as EventTarget).dispatchEvent(
            new dom.DragEvent('drop', { dataTransfer, bubbles: true }),
          );
        }, files);
      await drop('log', { uri: `vscode-remote://127.0.0.1${encodeURI(session.folder)}/tampered.ccel` });
      await page.locator('#verdict', { hasText: 'FAIL' }).waitFor();
      await page.locator('#log', { hasText: 'Event log: tampered.ccel' }).waitFor();
      const rtmr1 = page.locator('#checks [role=treeitem]', { hasText: 'RTMR1 by' });
      await page.locator('#checks [role=treeitem]', { hasText: 'Event log' }).click();
      await driver.page.keyboard.press('ArrowRight');
      await rtmr1.click();
      expect(await page.locator('#hex .marked').count()).toBe(48);
      const link = page.locator('#detail a', { hasText: 'Platform Firmware Profile' });
      expect(await link.getAttribute('href')).toMatch(/^https:\/\/trustedcomputinggroup\.org/);
      await page.locator('#log-clear').click();
      await page.locator('#verdict', { hasText: 'PASS' }).waitFor();
      const text = JSON.stringify({ version: 1, registers: { mrtd: [{ value: '00'.repeat(48) }] } });
      await drop('policy', { name: 'ours.json', text });
      await page.locator('#policy', { hasText: 'Policy: ours.json' }).waitFor();
      await page.locator('#verdict', { hasText: 'FAIL' }).waitFor();
      await page.locator('#policy-clear').press('Enter');
      await page.locator('#verdict', { hasText: 'PASS' }).waitFor();
      await page.locator('#log').press('Enter');
      await answer('boot.ccel', { choose: true });
      await page.locator('#checks [role=treeitem]', { hasText: 'Event log' }).waitFor();
    },
  );

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

  step('a log is converted to another format', async ({ command, answer, save, toast }) => {
    await command('TSM: Convert Log');
    await answer('boot.ccel', { choose: true });
    await answer('cel-json', { choose: true });
    await save('boot.ccel.cel.json');
    await toast(/boot\.ccel\.cel\.json: /).waitFor();
    const records: unknown = JSON.parse(
      readFileSync(path.join(session.folder, 'boot.ccel.cel.json'), 'utf8'),
    );
    expect(records).toHaveLength(37);
  });

  step('a report is taken, and opens as evidence', async ({ command, answer, save, webview }) => {
    await command('TSM: Take Report');
    await answer('dev', { choose: true });
    await answer('c0ffee');
    await save('dev.quote');
    const page = webview();
    await page.locator('#title', { hasText: 'TDX · quote-v4' }).waitFor();
    await page.locator('#tree [role=treeitem]', { hasText: 'c0ffee' }).first().waitFor();
  });

  step('a machine is exported with all that a verifier needs', async ({ command, answer, save, toast }) => {
    await command('TSM: Export Machine');
    await answer('dev', { choose: true });
    await save('dev-export');
    await toast(/dev is exported to/).waitFor();
    const files = readdirSync(path.join(session.folder, 'dev-export'));
    expect(files).toEqual(expect.arrayContaining(['report.quote', 'rtmr3.tsmlog', 'collateral']));
  });

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

  step('a device of a machine goes from connect to RUN in the view', async ({ row }) => {
    await row('.pane-body', 'devices').click();
    const device = row('.pane-body', DEVICE);
    for (const [verb, state] of [
      ['Connect', 'UNLOCKED'],
      ['Lock', 'LOCKED'],
      ['Accept', 'RUN'],
    ] as const) {
      await device.hover();
      await device.locator(`.action-label[aria-label^="${verb}"]`).first().click();
      await row('.pane-body', new RegExp(`0000:01:00\\.0\\s*${state} · stream 0`)).waitFor();
    }
  });

  step(
    'its trace shows who said what, and the fields of a message',
    async ({ row, page: window, webview }) => {
      await row('.pane-body', DEVICE).click();
      const page = webview();
      await page.locator('#title', { hasText: `${DEVICE} · RUN` }).waitFor();
      await page.locator('#summary', { hasText: 'all decrypted · no rule broken' }).waitFor();
      await page.locator('#sequence').focus();
      await window.keyboard.press('End');
      const lock = page.locator('[role=option]', { hasText: 'LOCK_INTERFACE_REQUEST' });
      await lock.click();
      await page.locator('#chosen', { hasText: 'LOCK_INTERFACE_REQUEST' }).waitFor();
      await page.locator('#tree [role=treeitem]', { hasText: 'streamId' }).click();
      expect(await page.locator('#hex .marked').count()).toBe(1);
      await page.locator('.stretch', { hasText: 'RUN' }).focus();
      await window.keyboard.press('Enter');
      await page
        .locator('[role=option][aria-selected=true]', { hasText: 'START_INTERFACE_RESPONSE' })
        .waitFor();
      await page.locator('#verify').click();
      await page.locator('#verdict', { hasText: 'PASS' }).waitFor();
    },
  );

  step('axe finds nothing serious in the trace', async () => {
    expect(shown(await seriousFindings())).toEqual([]);
  });

  step('what is done to the device shows in the trace that is open', async ({ row, webview }) => {
    const page = webview();
    await page.locator('#verbs button', { hasText: 'Disconnect' }).click();
    await page.locator('#title', { hasText: `${DEVICE} · not connected` }).waitFor();
    await page.locator('.stretch', { hasText: 'gone' }).waitFor();
    await row('.pane-body', /0000:01:00\.0\s*not connected/).waitFor();
  });

  step('a capture is read with the secrets beside it', async ({ command, answer, webview }) => {
    await command('TSM: Open Capture as Device Trace');
    await answer('run.pcap', { choose: true });
    const page = webview();
    await page.locator('#title', { hasText: 'run.pcap' }).waitFor();
    await page.locator('#summary', { hasText: '1 session · all decrypted · no rule broken' }).waitFor();
    await page.locator('#secrets', { hasText: 'Secrets: run.json' }).waitFor();
  });

  step('each button of the walkthrough leads on', async ({ command, answer, page }) => {
    await command('Welcome: Open Walkthrough');
    await answer('Get started with TSM', { choose: true });
    const steps = page.locator('.getting-started-step');
    await steps.first().waitFor();
    for (const step of await steps.all()) {
      const isOpen = /\bexpanded\b/.test((await step.getAttribute('class')) ?? '');
      if (!isOpen) await step.locator('.step-title').click();
      await step.locator('.monaco-button').first().waitFor();
      for (const button of await step.locator('.monaco-button').all()) {
        await button.click();
        const question = page.locator('.quick-input-widget input').first();
        await question.waitFor();
        // Pressed anywhere else, it would leave the walkthrough.
        await question.press('Escape');
        await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
      }
    }
    expect(await steps.count()).toBe(5);
  });

  step(
    'the extension was installed from its package, and says how soon it was active',
    async ({ command, page }) => {
      await command('Developer: Show Running Extensions');
      const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'TSM' });
      await row.waitFor();
      const [, took = ''] = /Activation: (\d+)ms/.exec(await row.innerText()) ?? [];
      console.warn(`activation of the extension: ${took} ms, where 150 are allowed`);
      // How long it takes beside all the other tests says nothing: that it was measured says that it is active.
      expect(Number(took)).toBeGreaterThan(0);
    },
  );

  const tree = async (driver: typeof session.driver): Promise<void> => {
    const { command, answer, row, page } = driver;
    const show = async (): Promise<void> => {
      await command('TSM: Show File Tree');
      await answer('dev', { choose: true });
    };
    await show();
    // The editor starts its extensions anew when the workspace gets a second folder. Folders of one entry share a row.
    const shown = (name: string | RegExp) => row('.explorer-folders-view', name);
    const turn = async (name: RegExp, expanded: 'true' | 'false'): Promise<void> => {
      const folder = shown(name);
      if (!(await folder.isVisible())) return;
      if ((await folder.getAttribute('aria-expanded')) !== expanded) await folder.click();
    };
    const emptied = page.locator('.explorer-empty-view', { hasText: 'not yet added a folder' });
    for (let tries = 0; tries < 50 && !(await shown('rtmr3:sha384').isVisible()); tries += 1) {
      // A browser that is busy loses the folders of a workspace that has just got its second one: again, from the first.
      if (tries % 10 === 9 && (await emptied.isVisible())) {
        await driver.ready();
        await show();
      }
      // The other folder has so many files that nothing else would be in sight.
      await turn(/^tsm-sample/, 'false');
      for (const name of [/tsm: dev/, /^sys/, /devices/, /measurements/]) await turn(name, 'true');
      await page.waitForTimeout(1000);
    }
    await shown('rtmr3:sha384').waitFor();
  };
  step('the kernel’s tree of a machine is a folder in the Explorer', tree, true, 3 * SLOW);

  step('nothing was asked of any other computer', async ({ elsewhere }) => {
    expect([...elsewhere]).toEqual([]);
    return Promise.resolve();
  });
});
