/** kill -9 at any point, with four writers: log and register agree, and no event is lost or doubled. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { utf8Text } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { decodeLog, replay } from '@tsm/eventlog';
import { openMachineFile, StateDirectory } from '@tsm/host';
import { parseJournal } from '@tsm/machine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from './support/bundle.ts';
import { toy } from './support/toy-provider.ts';

const KILLS = process.env['TSM_TORTURE'] === '1' ? 1000 : 100;
const WRITERS = 4;
const SEED = 5;
/** A writer lives this long at most once it writes, in milliseconds. */
const LIFE = 30;

let folder = '';
let script: URL;
let journal = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsm-kill-'));
  const entry = fileURLToPath(new URL('support/writer.ts', import.meta.url));
  ({ writer: script } = await bundle(folder, { writer: entry }));
  const state = new StateDirectory(join(folder, 'state'), () => Promise.resolve(toy));
  const launch = { seed: new Uint8Array(32), now: new Date(0), values: {}, boot: false };
  await state.create({ op: 'create', version: 1, id: 'm', provider: 'toy', ...launch });
  journal = state.journalOf('m');
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** Whether the machine's lock names this process. */
function holdsLock(child: ChildProcess): boolean {
  try {
    return readlinkSync(join(journal, '..', 'lock')).startsWith(`${child.pid ?? 0}.`);
  } catch {
    return false;
  }
}

/** Lives until it is killed, and gives the events that it was told are taken. */
async function writer(name: string, life: number): Promise<{ taken: string[]; holding: boolean }> {
  const child = spawn(process.execPath, [fileURLToPath(script), journal, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (part: Buffer) => (said += part.toString()));
  await once(child.stdout, 'data');
  await sleep(life);
  child.kill('SIGKILL');
  const [, signal] = (await once(child, 'close')) as [unknown, string];
  expect(signal).toBe('SIGKILL');
  return { taken: said.split('\n').slice(0, -1), holding: holdsLock(child) };
}

it(
  `${KILLS} kills`,
  async () => {
    const random = seededRandom(SEED);
    const taken: string[] = [];
    let [started, holding] = [0, 0];
    const keepWriting = async (): Promise<void> => {
      while (started < KILLS) {
        const one = await writer(`w${started++}`, random(LIFE));
        taken.push(...one.taken);
        if (one.holding) holding++;
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, keepWriting));

    const machine = openMachineFile(journal, toy);
    const after = machine.append('mr', 'the end');
    const log = machine.eventLog('mr');
    const replayed = replay(decodeLog(log, { dialect: 'rfc' }));
    expect(replayed.issues).toEqual([]);
    expect(replayed.registers[0]?.value).toEqual(after.value);

    const entries = parseJournal(readFileSync(journal, 'utf8'));
    const written = entries.flatMap((one) => (one.op === 'append' ? [one.event] : []));
    expect(new Set(written).size).toBe(written.length);
    const logged = utf8Text(log).split('\n');
    expect(logged.filter((line) => /^(w\d|the)/.test(line))).toEqual(written);
    expect(written.filter((event) => taken.includes(event)).sort()).toEqual([...taken].sort());
    // A writer that was killed between its entry and its word leaves one more, at most.
    expect(written.length - 1 - taken.length).toBeLessThanOrEqual(KILLS);
    expect(holding).toBeGreaterThan(KILLS / 20);
    expect(readdirSync(join(journal, '..')).filter((name) => name === 'lock')).toEqual([]);
  },
  60_000 + KILLS * 3_000,
);
