// @ts-check
/**
 * `node tools/mutation-corpus.mjs [--cases N] [--seed N] [LOG…]`: registers that differ from real logs by one edit, and how many of
 * them the mismatch solver explains. Default logs: that of the simulated machine, and those below `TSM_VECTORS`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, main } from './bootstrap.mjs';
import { ROOT } from './lib/run.mjs';

const DEFAULT_CASES = 5000;
const VECTORS = process.env['TSM_VECTORS'] ?? path.join(ROOT, '../shared/vectors');

/** @returns {string[]} */
const vectorFiles = () => {
  const folder = path.join(VECTORS, 'eventlog');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) => /(\.bin|\.dat|CCEL\w*|eventlog\w*|measurements)$/.test(file) && !file.endsWith('table.dat'),
    )
    .sort();
};

/** The log of the simulated machine's boot. */
const simulated = async () => {
  const { sampleBoot } = await import('@tsm/machine');
  const { encodeAgileLog } = await import('@tsm/eventlog');
  const { nodeDigests } = await import('@tsm/host');
  const digests = nodeDigests();
  const events = sampleBoot().map(({ ccMr, type, data, measured = data }) => ({
    ...{ register: ccMr, type, data },
    digests: { sha384: digests.digest('sha384', measured) },
  }));
  return encodeAgileLog(['sha384'], events, { headerRegister: 1 });
};

/** @param {string[]} files */
const logsOf = async (files) => {
  const { decodeLog } = await import('@tsm/eventlog');
  const named = files.map((file) => ({
    name: path.basename(file),
    bytes: new Uint8Array(readFileSync(file)),
  }));
  const all = files.length > 0 ? named : [{ name: 'simulated', bytes: await simulated() }];
  if (files.length === 0)
    all.push(
      ...vectorFiles().map((file) => ({
        name: path.basename(file),
        bytes: new Uint8Array(readFileSync(file)),
      })),
    );
  return all.map(({ name, bytes }) => ({ name, log: decodeLog(bytes) })).filter(({ log }) => log.count > 1);
};

/** Figures of one class. */
class Tally {
  cases = 0;
  explained = 0;
  right = 0;
  unique = 0;
  extends = 0;
  ms = 0;
  worst = 0;

  /** @param {{ explained: boolean, right: boolean, unique: boolean, extends: number }} result @param {number} ms */
  add(result, ms) {
    this.cases++;
    this.explained += Number(result.explained);
    this.right += Number(result.right);
    this.unique += Number(result.unique);
    this.extends += result.extends;
    this.ms += ms;
    this.worst = Math.max(this.worst, ms);
  }

  /** @param {string} name */
  line(name) {
    /** @type {(count: number) => string} */
    const share = (count) => `${((100 * count) / Math.max(1, this.cases)).toFixed(1)} %`.padStart(9);
    const times = `${(this.ms / Math.max(1, this.cases)).toFixed(1).padStart(9)}${this.worst.toFixed(0).padStart(9)}`;
    return `  ${name.padEnd(16)}${String(this.cases).padStart(7)}${share(this.explained)}${share(this.right)}${share(this.unique)}${times}`;
  }
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { cases: { type: 'string' }, seed: { type: 'string' } },
    allowPositionals: true,
  });
  await bootstrap();
  const { casesOf, sampleOf, solve, subjectsOf } = await import('./lib/mutations.mjs');
  const { seededRandom } = await import('@tsm/core/testing');
  const { nodeDigests } = await import('@tsm/host');
  const digests = nodeDigests();
  const random = seededRandom(Number(values.seed ?? 1));
  const count = Number(values.cases ?? DEFAULT_CASES);
  const logs = await logsOf(positionals);
  const subjects = logs.flatMap(({ name, log }) => subjectsOf(name, log, digests));
  const all = casesOf(subjects, count, random);
  const chosen = sampleOf(all, count, random);
  console.log(`  ${logs.length} logs, ${subjects.length} registers, ${chosen.length} of ${all.length} cases`);
  /** @type {Map<string, Tally>} */
  const tallies = new Map();
  const total = new Tally();
  for (const one of chosen) {
    const started = performance.now();
    const result = solve(one);
    const ms = performance.now() - started;
    const tally = tallies.get(one.kind) ?? new Tally();
    tallies.set(one.kind, tally);
    for (const each of [tally, total]) each.add(result, ms);
    if (!result.explained)
      console.log(
        `  not explained: ${one.kind} at ${one.position} of ${one.subject.name}, register ${one.subject.register}, ${one.subject.algorithm}`,
      );
  }
  console.log('  class             cases explained  as made   unique  mean ms worst ms');
  for (const [kind, tally] of [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(tally.line(kind));
  console.log(total.line('all'));
  console.log(`  ${(total.extends / 1e6).toFixed(1)} M extends in ${(total.ms / 1000).toFixed(1)} s`);
  return total.explained === total.cases ? 0 : 1;
});
