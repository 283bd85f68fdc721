// @ts-check
/**
 * How fast evidence is verified: with nothing known and with warm caches, on evidence of our own models and on real evidence,
 * beside the bare signatures of the same run and, with `--peers`, beside other verifiers from npm. Then what each refuses.
 * Rates are per second of processor time; on the clock stands behind in brackets. Nothing runs at the same time.
 */
import { ratesOf } from './evidence/measure.mjs';
import { bare, signatures, uncached, warm } from './evidence/ours.mjs';
import { printRefusals } from './evidence/refusals.mjs';
import { MINTED, REAL, haveVectors } from './evidence/subjects.mjs';
import { VERSIONS, install } from './peers/install.mjs';
import { PEERS } from './peers/peers.mjs';

/** @typedef {import('./evidence/measure.mjs').Rate} Rate */
/** @typedef {import('./evidence/subjects.mjs').Subject} Subject */
/** @typedef {import('./peers/peers.mjs').Peer} Peer */

/** More than for ours alone: these are few, and their ratios are what counts. */
const PEER_ROUNDS = 16;

/** Ours checks signatures on node:crypto, as the command line does, and on WebCrypto, as browsers do. */
const BOTH = /** @type {const} */ (['node', 'WebCrypto']);
const RATIO_WIDTHS = [16, 14, 22, 18];

/** @param {import('./evidence/ours.mjs').Signatures} counts */
const signatureText = (counts) =>
  [...counts].map(([scheme, count]) => `${count} ${scheme.replace(/^ecdsa-|-sha\d+$/g, '')}`).join(' + ') ||
  'none';

/**
 * What part of the time the signatures alone would take at their bare rates: 1 is a verification that costs nothing else.
 * @param {import('./evidence/ours.mjs').Signatures} counts
 * @param {number} rate
 * @param {Map<string, Rate>} bareRates
 */
function share(counts, rate, bareRates) {
  const seconds = [...counts].reduce(
    (sum, [scheme, count]) => sum + count / (bareRates.get(scheme)?.cpu ?? 0),
    0,
  );
  return (seconds * rate).toFixed(2);
}

/** @param {Rate | undefined} rate */
const rateText = (rate) => `${Math.round(rate?.cpu ?? 0)} (${Math.round(rate?.wall ?? 0)})`;

/** @param {Rate | undefined} mine @param {Rate | undefined} theirs */
const ratioText = (mine, theirs) =>
  `${((mine?.cpu ?? 0) / (theirs?.cpu ?? 1)).toFixed(1)} (${((mine?.wall ?? 0) / (theirs?.wall ?? 1)).toFixed(1)})`;

/** @param {readonly (readonly (string | number)[])[]} rows @param {readonly number[]} widths */
function print(rows, widths) {
  for (const [first = '', ...cells] of rows)
    console.log(
      `  ${String(first).padEnd(40)}${cells.map((cell, i) => String(cell).padStart(widths[i] ?? 12)).join('')}`,
    );
}

/** @param {readonly Subject[]} subjects */
async function measureOurs(subjects) {
  const counted = await Promise.all(subjects.map(signatures));
  const schemes = new Set(counted.flatMap(({ uncached: one, warm: two }) => [...one.keys(), ...two.keys()]));
  /** @type {Map<string, () => unknown>} */
  const runs = new Map();
  for (const scheme of schemes) runs.set(scheme, await bare(scheme));
  for (const subject of subjects) {
    runs.set(`${subject.title} uncached`, uncached(subject));
    runs.set(`${subject.title} warm`, warm(subject));
  }
  const rates = await ratesOf(runs);
  const rows = subjects.flatMap(({ title }, i) =>
    /** @type {const} */ (['uncached', 'warm']).map((kind) => {
      const rate = rates.get(`${title} ${kind}`);
      const counts = counted[i]?.[kind] ?? new Map();
      return [
        `${title}, ${kind}`,
        rateText(rate),
        share(counts, rate?.cpu ?? 0, rates),
        `   ${signatureText(counts)}`,
      ];
    }),
  );
  print([['', 'verifies/s', 'signatures’ share', '   signatures checked']], [16, 19, 0]);
  print(rows, [16, 19, 0]);
  print(
    [...schemes].map((scheme) => [`bare ${scheme}`, rateText(rates.get(scheme))]),
    [16],
  );
}

/** @param {Subject} subject @param {readonly Peer[]} peers @returns {Promise<Peer[]>} those that work */
async function measurePeers(subject, peers) {
  /** @type {Map<string, () => unknown>} */
  const runs = new Map();
  for (const by of BOTH) {
    runs.set(`ours on ${by}, uncached`, uncached(subject, by));
    runs.set(`ours on ${by}, warm`, warm(subject, by));
  }
  const ours = [...runs.keys()];
  /** @type {Peer[]} */
  const working = [];
  for (const peer of peers) {
    try {
      const run = (await peer.open())(subject);
      await run();
      runs.set(peer.name, run);
      working.push(peer);
    } catch (error) {
      console.log(`  ${subject.title}: ${peer.name} is left out, it fails: ${String(error)}`);
    }
  }
  const rates = await ratesOf(runs, PEER_ROUNDS);
  const rows = [...ours, ...working.map(({ name }) => name)].map((name) => {
    const rate = rates.get(name);
    return [VERSIONS[name] ? `${name} ${VERSIONS[name]}` : name, rateText(rate)];
  });
  print([[subject.title, 'verifies/s'], ...rows], [16]);
  print([['ours ÷ it', ...ours.map((name) => name.replace('ours on ', ''))]], RATIO_WIDTHS);
  print(
    working.map(({ name }) => [name, ...ours.map((mine) => ratioText(rates.get(mine), rates.get(name)))]),
    RATIO_WIDTHS,
  );
  return working;
}

console.log('Our verifiers, per second of processor time (on the clock)');
await measureOurs([...MINTED, ...REAL]);
if (!haveVectors)
  console.log('  Real evidence, and what peers make of it, need the shared vectors (TSM_VECTORS).');

const wanted = process.argv.includes('--peers');
const missing = wanted && haveVectors ? await install() : undefined;
if (missing !== undefined) console.log(`  The peers cannot be installed: ${missing}`);
else if (!wanted) console.log('  Other verifiers from npm run beside ours with --peers.');

for (const subject of REAL.filter(({ title }) => PEERS.has(title))) {
  const peers = wanted && missing === undefined ? (PEERS.get(subject.title) ?? []) : [];
  console.log('');
  const working = peers.length > 0 ? await measurePeers(subject, peers) : [];
  await printRefusals(subject, working);
}
if (haveVectors)
  console.log('\n  aims, beside the best peer: TDX ≥ 2 uncached, ≥ 40 warm; SNP ≥ 2.5 uncached');
