// @ts-check
/**
 * How fast a mounted tree is: full report cycles (write inblob, read outblob, read generation) and reads, with one client
 * process and with four, beside what the model alone mints in the same run, in turns. With `--peers` also beside the same
 * tree shape on `fuse-native` with direct I/O. Median of all turns; processor time is that of the server. Each request wakes
 * the server, and each reply the client: in a virtual machine with idle cores that can cost more than all else, and under
 * `taskset -c 0` it does not.
 */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGuest } from '@tsm/abi';
import { mountMachine, nodeDigests, nodeSigner } from '@tsm/host';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import constant from './mount/constant-provider.mjs';
import { CLIENT, rateOf } from './mount/clients.mjs';
import { startPeer } from './mount-peers/start.mjs';

/** @typedef {import('@tsm/core').Provider} Provider */
/** @typedef {import('./mount/clients.mjs').Mode} Mode */
/** @typedef {{ wall: number, cpu: number, bad: number }} Turn */

const TURNS = 5;
const REPORTS = 'sys/kernel/config/tsm/report';
const LAUNCH = { seed: new Uint8Array(32).fill(1), now: new Date('2026-01-01'), values: {} };

/** @type {readonly { id: string, provider: Provider, module: string, cycles: number }[]} */
const SUBJECTS = [
  {
    id: 'constant blob',
    provider: constant,
    module: new URL('./mount/constant-provider.mjs', import.meta.url).href,
    cycles: 8000,
  },
  { id: 'TDX model', provider: tdx, module: import.meta.resolve('@tsm/provider-tdx'), cycles: 1500 },
  { id: 'SNP model', provider: snp, module: import.meta.resolve('@tsm/provider-snp'), cycles: 600 },
];

/** Seconds of processor time of this process, all threads. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** @param {string} folder @param {Mode} mode @param {number} count @param {number} clients @returns {Promise<Turn>} */
async function turn(folder, mode, count, clients) {
  const before = cpu();
  const { wall, bad } = await rateOf(folder, mode, Math.ceil(count / clients), clients);
  return { wall, bad, cpu: count / (cpu() - before) };
}

/** @param {() => void} action @param {number} count @returns {Turn} */
function timed(action, count) {
  const [begin, before] = [performance.now(), cpu()];
  for (let i = 0; i < count; i++) action();
  return { wall: (count * 1000) / (performance.now() - begin), cpu: count / (cpu() - before), bad: 0 };
}

/** What the model alone mints, and the same cycle on the tree in this process: driver, generation and files, no kernel. */
function inProcess(/** @type {Provider} */ provider) {
  const digests = nodeDigests();
  const model = provider.model?.(LAUNCH, { digests, signer: nodeSigner() });
  if (!model) throw new TypeError(`${provider.id} has no model`);
  const { plug, tree } = createGuest({ digests });
  plug(provider, model);
  const item = tree.mkdir(tree.resolve(`/${REPORTS}`).ino, 'item').ino;
  const inblob = new Uint8Array(64);
  let number = 0;
  const next = () => {
    new DataView(inblob.buffer).setUint32(0, ++number, true);
  };
  /** @param {string} name */
  const read = (name) => {
    const { fh } = tree.open(tree.lookup(item, name).ino, 'read');
    tree.read(fh, 0, 1 << 20);
    tree.release(fh);
  };
  return {
    mint: () => {
      next();
      model.report?.({ inblob });
    },
    cycle: () => {
      next();
      const { fh } = tree.open(tree.lookup(item, 'inblob').ino, 'write');
      tree.write(fh, 0, inblob);
      tree.release(fh);
      read('outblob');
      read('generation');
    },
  };
}

/** @param {readonly Turn[]} turns @param {'wall' | 'cpu'} key */
function median(turns, key) {
  const sorted = turns.map((one) => one[key]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/**
 * All of them in turns, so that what else the machine does hits all alike.
 * @template {string} Name
 * @param {Readonly<Record<Name, () => Turn | Promise<Turn>>>} runs
 * @returns {Promise<Record<Name, { wall: number, cpu: number, bad: number }>>}
 */
async function inTurns(runs) {
  const names = /** @type {Name[]} */ (Object.keys(runs));
  /** @type {Map<Name, Turn[]>} */
  const all = new Map(names.map((name) => [name, []]));
  for (let i = 0; i <= TURNS; i++)
    for (const name of names) {
      const one = await runs[name]();
      // The first turn warms up.
      if (i > 0) all.get(name)?.push(one);
    }
  return /** @type {Record<Name, Turn>} */ (
    Object.fromEntries(
      names.map((name) => {
        const turns = all.get(name) ?? [];
        const bad = turns.reduce((sum, one) => sum + one.bad, 0);
        return [name, { wall: median(turns, 'wall'), cpu: median(turns, 'cpu'), bad }];
      }),
    )
  );
}

/** @param {readonly (string | number)[]} cells */
function row([first = '', ...cells]) {
  console.log(`  ${String(first).padEnd(34)}${cells.map((cell) => String(cell).padStart(15)).join('')}`);
}

/** @param {string} title @param {Turn} rate @param {Turn} [beside] */
function show(title, rate, beside) {
  const ratio = beside
    ? `${(rate.wall / beside.wall).toFixed(2)} (${(rate.cpu / beside.cpu).toFixed(2)})`
    : '';
  row([title, Math.round(rate.wall), Math.round(rate.cpu), rate.bad, ratio]);
}

/** @param {(folder: string) => Promise<void>} use @param {string} module @param {string} provider */
async function withTree(use, module, provider) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsm-bench-'));
  const created = /** @type {const} */ ({ op: 'create', version: 1, id: 'bench', boot: false });
  const served = { provider: module, machine: { created: { ...created, ...LAUNCH, provider } } };
  const mounted = await mountMachine(directory, served, { onFault: (text) => console.log(text) });
  try {
    await use(path.join(directory, REPORTS));
  } finally {
    await mounted.stop();
    rmdirSync(directory);
  }
}

console.log(`Report cycles and reads over the mount, ${CLIENT}, median of ${TURNS} turns`);
row(['', 'per second', 'per CPU second', 'mismatches', '÷ mint (CPU)']);
for (const { id, provider, module, cycles } of SUBJECTS) {
  const own = inProcess(provider);
  await withTree(
    async (folder) => {
      const rates = await inTurns({
        mint: () => timed(own.mint, cycles),
        cycle: () => timed(own.cycle, cycles),
        one: () => turn(folder, 'cycles', cycles, 1),
        four: () => turn(folder, 'cycles', cycles, 4),
      });
      const beside = provider === constant ? undefined : rates.mint;
      if (beside) show(`${id}: minted by the model alone`, rates.mint);
      show(`${id}: cycles in process`, rates.cycle, beside);
      show(`${id}: cycles, 1 client`, rates.one, beside);
      show(`${id}: cycles, 4 clients`, rates.four, beside);
    },
    module,
    provider.id,
  );
}

const [{ module: blob }] = /** @type {[typeof SUBJECTS[number]]} */ (/** @type {unknown} */ (SUBJECTS));
const peer = process.argv.includes('--peers') ? await startPeer() : 'run with --peers to measure it too';
await withTree(
  async (folder) => {
    const ours = await inTurns({
      reads: () => turn(folder, 'reads', 20_000, 1),
      readsBy4: () => turn(folder, 'reads', 20_000, 4),
      preads: () => turn(folder, 'preads', 60_000, 1),
      preadsBy4: () => turn(folder, 'preads', 60_000, 4),
    });
    show('open + read + close, 1 client', ours.reads);
    show('open + read + close, 4 clients', ours.readsBy4);
    show('pread of an open file, 1 client', ours.preads);
    show('pread of an open file, 4 clients', ours.preadsBy4);
    if (typeof peer === 'string') {
      console.log(`  fuse-native: ${peer}`);
      return;
    }
    const rates = await inTurns({
      ours: () => turn(folder, 'cycles', 4000, 1),
      peer: () => peer.turn(path.join(peer.directory, REPORTS), 2000),
      ours4: () => turn(folder, 'cycles', 4000, 4),
      peer4: () => peer.turn(path.join(peer.directory, REPORTS), 2000, 4),
    });
    row(['beside fuse-native, direct I/O', 'per second', 'per CPU second', 'mismatches', 'ours ÷ (CPU)']);
    for (const [mine, theirs, text] of /** @type {const} */ ([
      ['ours', 'peer', '1 client'],
      ['ours4', 'peer4', '4 clients'],
    ])) {
      show(`ours, ${text}`, rates[mine], rates[theirs]);
      show(`fuse-native, ${text}`, rates[theirs]);
    }
  },
  blob,
  'constant',
);
if (typeof peer !== 'string') await peer.stop();
console.log('  aims: constant blob ≥ 12000 cycles/s; TDX, SNP ≥ 0.8 of mint; ≥ 5 × fuse-native; no mismatch');
