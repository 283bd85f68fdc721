// @ts-check
/** Drives a workbench in Chromium as a person would: explorer, palette, editors, hovers, webviews. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../lib/chromium.mjs';

const STARTED = 90_000;
const SOON = 20_000;
const PALETTE = '.quick-input-widget input[placeholder^="Type the name of a command"]';

/** Webviews have origins of their own, whose workers count as third parties. */
const PREFERENCES = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };

/** This computer; and the name under which a service worker gives webviews their files, which no network sees. */
const HERE = /^(127\.0\.0\.1|(.*\.)?localhost|.*\.vscode-resource\.vscode-cdn\.net)$/;

/**
 * @param {import('../lib/chromium.mjs').Program} program
 * @param {string} url of a workbench
 */
export const openWorkbench = async ({ executablePath, env }, url) => {
  const profile = await mkdtemp(path.join(tmpdir(), 'tsm-chromium-'));
  await mkdir(path.join(profile, 'Default'));
  await writeFile(path.join(profile, 'Default/Preferences'), JSON.stringify(PREFERENCES));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [...CHROMIUM_FLAGS, '--no-sandbox'],
    env: /** @type {Record<string, string>} */ ({ ...process.env, ...env }),
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(SOON);
  /** @type {Set<string>} */
  const elsewhere = new Set();
  /** @type {string[]} */
  const said = [];
  page.on('console', (message) => void said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void said.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && !HERE.test(hostname)) elsewhere.add(hostname);
  });

  /** The first row of a virtualised list that shows the text. */
  const row = (/** @type {string} */ list, /** @type {string | RegExp} */ text) =>
    page.locator(`${list} .monaco-list-row`).filter({ hasText: text }).first();

  /** Runs a command by its title, as the palette shows it; the palette may be open before all extensions are known. */
  const command = async (/** @type {string} */ title) => {
    for (let tries = 1; ; tries += 1) {
      await page.keyboard.press('F1');
      const input = page.locator('.quick-input-widget input').first();
      try {
        await input.waitFor({ timeout: SOON / 5 });
        await input.fill(`>${title}`, { timeout: SOON / 5 });
        await row('.quick-input-list', title).waitFor({ timeout: SOON / 5 });
        break;
      } catch (error) {
        if (tries === 5) throw error;
        await page.keyboard.press('Escape');
      }
    }
    await page.keyboard.press('Enter');
    // What the command asks comes in the same input.
    await page.locator(PALETTE).waitFor({ state: 'hidden' });
  };

  /** Waits for the first paint. */
  const ready = async () => {
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await page.locator('.monaco-workbench .part.editor').waitFor({ timeout: STARTED });
    await row('.explorer-folders-view', /./).waitFor({ timeout: STARTED });
  };

  /** Opens a file of the workspace by the quick picker. */
  const open = async (/** @type {string} */ file) => {
    await page.keyboard.press('Control+P');
    const input = page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(file);
    await row('.quick-input-list', path.basename(file)).waitFor();
    await page.keyboard.press('Enter');
    await page
      .locator('.tab.active')
      .filter({ hasText: path.basename(file) })
      .waitFor();
  };

  /** Answers the quick input that is open: types the text, or chooses the row that shows it. */
  const answer = async (/** @type {string} */ text, { choose = false } = {}) => {
    const input = page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(text);
    if (choose) await row('.quick-input-list', text).waitFor();
    await page.keyboard.press('Enter');
  };

  /** Accepts the place that a save dialog offers; its name is in there. */
  const save = async (/** @type {string} */ name) => {
    const input = page.locator('.quick-input-widget input').first();
    for (let tries = 0; !(await input.inputValue()).endsWith(name); tries += 1) {
      if (tries === 100) throw new Error(`no save dialog offers ${name}`);
      await page.waitForTimeout(100);
    }
    await page.keyboard.press('Enter');
  };

  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };

  return {
    ...{ page, row, command, ready, open, answer, save, close },
    /** Hosts that the page asked and that are not this computer. */
    elsewhere,
    /** What the console said. */
    said,
    /** The text of the active editor. */
    lines: page.locator('.editor-instance .view-lines'),
    /** The document inside the active custom editor: two frames deep. */
    webview: () =>
      page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('iframe#active-frame'),
    /** A notification with the text. */
    toast: (/** @type {string | RegExp} */ text) =>
      page.locator('.notification-toast').filter({ hasText: text }).first(),
  };
};
