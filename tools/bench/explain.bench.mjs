// @ts-check
/**
 * What the mismatch solver costs: extends over n²/2, and its time over that of the bare kernel chain for as many extends,
 * both as processor time of this one thread. Each edit is where it is found last; the last row is on all cores.
 */
const { decodeLog, encodeAgileLog, explainSteps } = await import('@tsm/eventlog');
const { coreCount, explainOnCores, nodeDigests } = await import('@tsm/host');

const ROUNDS = 3;
const EV_ACTION = 5;
const digests = nodeDigests();
const text = new TextEncoder();

/** @typedef {Partial<import('@tsm/eventlog').ExplainOptions>} Options */
/** @typedef {{ name: string, row: Uint8Array[], options: Options, most: number }} Case */

/** @param {string} name */
const digestOf = (name) => digests.digest('sha384', text.encode(name));

/** @param {string[]} names */
function bytesOf(names) {
  const events = names.map((name) => {
    return { register: 1, type: EV_ACTION, data: text.encode(name), digests: { sha384: digestOf(name) } };
  });
  return encodeAgileLog(['sha384'], events, { headerRegister: 1 });
}

/** @param {Uint8Array[]} row */
function valueOf(row) {
  const chain = digests.chain('sha384', new Uint8Array(48));
  for (const digest of row) chain.extend(digest);
  return chain.value();
}

/** Seconds of processor time. @param {() => void} action */
function secondsOf(action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Seconds for this many extends by the bare chain. @param {Uint8Array} row @param {number} count */
function bare(row, count) {
  const chain = digests.chain('sha384', new Uint8Array(48));
  const length = row.length / 48;
  return secondsOf(() => {
    for (let done = 0; done < count; done += length) chain.run?.(row, 0, Math.min(length, count - done));
    chain.value();
  });
}

/** @param {number} n @returns {Case[]} */
function casesOf(n) {
  const names = Array.from({ length: n }, (_, i) => `event ${i}`);
  const row = names.map(digestOf);
  const [first = new Uint8Array(48), second = first, ...rest] = row;
  const foreign = digestOf('elsewhere');
  const good = names.with(n / 5, 'other').toSpliced(n / 2, 1);
  /** @type {(kind: string, options?: Options) => Options} */
  const only = (kind, options) => ({ classes: [kind], ...options });
  return [
    { name: 'drop', row: [second, ...rest], options: only('extra'), most: 1.2 },
    { name: 'duplicate', row: [first, ...row], options: only('again'), most: 1.2 },
    { name: 'adjacent swap', row: [second, first, ...rest], options: only('swap-adjacent'), most: 1.2 },
    {
      name: 'known candidate',
      row: [foreign, ...row],
      options: only('missing-known', { known: [{ digest: foreign, name: 'elsewhere' }] }),
      most: 1.2,
    },
    {
      name: 'known-good, 2 edits',
      row: good.map(digestOf),
      options: { knownGood: decodeLog(bytesOf(good)), maxEdits: 2 },
      most: 0.1,
    },
  ];
}

console.log('  events  edit                   extends/(n²/2)   CPU s   over the bare chain');
for (const n of [1000, 5000]) {
  const names = Array.from({ length: n }, (_, i) => `event ${i}`);
  const bytes = bytesOf(names);
  const digestRow = Uint8Array.from(names.flatMap((name) => [...digestOf(name)]));
  for (const { name, row, options, most } of casesOf(n)) {
    const expected = valueOf(row);
    let seconds = Infinity;
    let spent = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const one = secondsOf(() => {
        const all = {
          register: 1,
          algorithm: /** @type {const} */ ('sha384'),
          expected,
          digests,
          ...options,
        };
        const slices = explainSteps(decodeLog(bytes), all);
        let step = slices.next();
        while (!step.done) step = slices.next();
        if (!step.value.found) throw new Error(`${name}: not found`);
        spent = step.value.cost.spent;
      });
      seconds = Math.min(seconds, one);
    }
    const chain = Math.min(...Array.from({ length: ROUNDS }, () => bare(digestRow, spent)));
    const ratio = spent / ((n * n) / 2);
    const cells = [ratio.toFixed(2).padStart(14), seconds.toFixed(2).padStart(10)].join('');
    const over = spent > 1e5 ? (seconds / chain).toFixed(2) : '–';
    console.log(`  ${String(n).padStart(6)}  ${name.padEnd(22)}${cells}${over.padStart(22)}`);
    if (ratio > most) throw new Error(`${name}: more than ${most} × n²/2 extends`);
  }
}
console.log('  aims: extends ≤ 1.2 × n²/2; n = 1000 < 0.5 s, n = 5000 < 5 s, known-good < 1 s');

/** Seconds, and seconds of processor time, of an adjacent swap found last with all classes before it. @param {number} jobs */
async function elapsed(jobs) {
  const names = Array.from({ length: 5000 }, (_, i) => `event ${i}`);
  const [first = new Uint8Array(48), second = first, ...rest] = names.map(digestOf);
  const expected = valueOf([second, first, ...rest]);
  const options = { register: 1, algorithm: /** @type {const} */ ('sha384'), expected, budget: 40_000_000 };
  const [began, before] = [performance.now(), process.cpuUsage()];
  const { found } = await explainOnCores({ bytes: bytesOf(names) }, { ...options, jobs });
  if (!found) throw new Error('all classes: not found');
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

const one = await elapsed(1);
const all = await elapsed(coreCount());
const [alone, together] = [one.seconds, all.seconds].map((seconds) => seconds.toFixed(1));
console.log(
  `  all classes up to the adjacent swap, n = 5000: ${alone} s on 1 core, ${together} s on ${coreCount()};`,
);
console.log(`  processor time of all workers over that of one: ${(all.cpu / one.cpu).toFixed(2)}`);
