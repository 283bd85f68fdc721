// @ts-check
/** The editor for a person: VS Code on a copy of the sample workspace, until Ctrl-C. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../lib/run.mjs';
import { HOME, prepareWorkbench } from './install.mjs';
import { freePort, startWorkbench } from './server.mjs';
import { EXTENSION, SAMPLE } from './session.mjs';

const PORT = 9101;

/** How a system shows an address in its browser, where it is not by `xdg-open`. @type {Partial<Record<NodeJS.Platform, string[]>>} */
const OPENERS = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] };

const display = () => process.platform in OPENERS || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];

/** A browser that does not start is no failure: the address is on the screen. */
const show = (/** @type {string} */ url) => {
  const [program = '', ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
};

const without = (/** @type {string} */ reason) => {
  console.log(`\n  No editor: ${reason}.`);
  console.log('  In your own VS Code: npm run vsix, then code --install-extension .workbench/tsm.vsix');
  console.log(`  and open ${path.relative(process.cwd(), SAMPLE) || SAMPLE}`);
  return 0;
};

/** Is somebody there already? */
const taken = async () => {
  try {
    await fetch(`http://127.0.0.1:${PORT}/version`);
    return true;
  } catch {
    return false;
  }
};

/** Opens it and stays until it ends. What is changed there stays in the copy. */
export const openEditor = async () => {
  const workbench = await prepareWorkbench();
  if (typeof workbench === 'string') return without(workbench);
  const folder = path.join(HOME, 'sample');
  if (!existsSync(folder)) await cp(SAMPLE, folder, { recursive: true });
  const port = (await taken()) ? await freePort() : PORT;
  const data = path.join(HOME, `data-${port === PORT ? 'default' : port}`);
  const server = await startWorkbench(workbench, { folder, extensions: [EXTENSION], port, data });
  console.log(`\n  Editor: ${server.url}   (Ctrl-C to stop)`);
  console.log(`  Files:  ${path.relative(ROOT, folder)}`);
  if (display()) show(server.url);
  process.once('SIGINT', () => void server.close());
  await server.ended;
  return 0;
};
