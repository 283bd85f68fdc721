// @ts-check
/**
 * How fast a large CCEL is decoded and replayed, beside a bare extend chain of the same hash backend in the same process,
 * and how much memory that takes over an empty process. Each figure comes from a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
const ROUNDS = 3;
const DIGEST_SIZE = 48;
/** Digests that the bare chain goes round in, as they would lie in a log. */
const CHAIN_DIGESTS = 1024;

/** Events like a firmware writes them: a few registers, 60 to 200 bytes of data. @param {number} count */
async function generate(count) {
  const { encodeAgileLog } = await import('@tsm/eventlog');
  const { nodeDigests } = await import('@tsm/host');
  const digests = nodeDigests();
  const EV_EVENT_TAG = 6;
  const events = Array.from({ length: 1000 }, (_, i) => {
    const data = new Uint8Array(60 + ((i * 37) % 140)).fill(i);
    return {
      register: 1 + (i % 4),
      type: EV_EVENT_TAG,
      data,
      digests: { sha384: digests.digest('sha384', data) },
    };
  });
  const block = encodeAgileLog(['sha384'], events, { headerRegister: 1 });
  const headerLength = encodeAgileLog(['sha384'], [], { headerRegister: 1 }).length;
  const body = block.subarray(headerLength);
  const log = new Uint8Array(headerLength + (body.length * count) / events.length);
  log.set(block.subarray(0, headerLength));
  for (let i = 0; i < count / events.length; i++) log.set(body, headerLength + i * body.length);
  return log;
}

/** Decodes and replays, and runs a bare chain over the same digests. @param {string} file */
async function measure(file) {
  const { decodeLog, replay } = await import('@tsm/eventlog');
  const { nodeDigests } = await import('@tsm/host');
  const digests = nodeDigests();
  const bytes = readFileSync(file);
  const seconds = [];
  let count = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.hrtime.bigint();
    const log = decodeLog(bytes);
    replay(log, { digests });
    seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
    count = log.count;
  }
  const rss = process.resourceUsage().maxRSS;
  const chainSeconds = [];
  const many = new Uint8Array(DIGEST_SIZE * CHAIN_DIGESTS).fill(7);
  for (let i = 0; i < ROUNDS; i++) {
    const chain = digests.chain('sha384', new Uint8Array(DIGEST_SIZE));
    const start = process.hrtime.bigint();
    for (let k = 0; k < count; k++) chain.extend(many, (k % CHAIN_DIGESTS) * DIGEST_SIZE);
    chain.value();
    chainSeconds.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  return { count, seconds: Math.min(...seconds), chain: Math.min(...chainSeconds), rss };
}

/** @param {string[]} args @returns {{ count: number, seconds: number, chain: number, rss: number }} */
function inChild(...args) {
  const child = spawnSync(process.execPath, [SELF, ...args], { encoding: 'utf8', maxBuffer: 1 << 20 });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

async function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsm-bench-'));
  try {
    const empty = inChild('--empty').rss;
    console.log('  events    file MB   events/s   of a bare chain   memory over an empty process');
    /** @type {number[]} */
    const perEvent = [];
    for (const count of [100_000, 1_000_000]) {
      const file = path.join(folder, `${count}.ccel`);
      writeFileSync(file, await generate(count));
      const { seconds, chain, rss } = inChild('--measure', file);
      const megabytes = statSync(file).size / 1e6;
      perEvent.push(seconds / count);
      const growth = ((rss - empty) * 1024) / 1e6;
      console.log(
        `${String(count).padStart(8)}  ${megabytes.toFixed(1).padStart(9)}  ${Math.round(count / seconds)
          .toLocaleString('en')
          .padStart(
            9,
          )}  ${(chain / seconds).toFixed(2).padStart(16)}   ${growth.toFixed(0)} MB = file + ${(growth - megabytes).toFixed(0)} MB`,
      );
    }
    const [small = 1, large = 0] = perEvent;
    console.log(`  time per event, 1M over 100k: ${(large / small).toFixed(2)} (1 is linear)`);
    console.log('  aims: chain ratio ≥ 0.6, memory ≤ file + 64 MB');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [mode, file = ''] = process.argv.slice(2);
if (mode === '--measure') console.log(JSON.stringify(await measure(file)));
else if (mode === '--empty') console.log(JSON.stringify({ rss: process.resourceUsage().maxRSS }));
else await main();
