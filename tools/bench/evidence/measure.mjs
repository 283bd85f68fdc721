// @ts-check
/** Rates of things that take turns in one process, so that what else the machine does hits all of them alike. */

const ROUNDS = 8;
/** Of processor time, so that a busy machine does not make a turn too short to be warm. */
const TURN_SECONDS = 0.1;

/**
 * @typedef {object} Rate
 * @property {number} cpu times per second of processor time, all threads together
 * @property {number} wall times per second on the clock, one after the other
 */

/** Seconds of processor time since then. @param {NodeJS.CpuUsage} before */
function cpuSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** @param {() => unknown} run @returns {Promise<Rate>} */
async function turn(run) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  let cpu = 0;
  for (; cpu < TURN_SECONDS; count++) {
    await run();
    cpu = cpuSince(before);
  }
  return { cpu: count / cpu, wall: (count * 1000) / (performance.now() - start) };
}

/**
 * The best turn of each.
 * @template {string} Name
 * @param {ReadonlyMap<Name, () => unknown>} runs
 * @param {number} [rounds]
 * @returns {Promise<Map<Name, Rate>>}
 */
export async function ratesOf(runs, rounds = ROUNDS) {
  /** @type {Map<Name, Rate>} */
  const best = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of runs) {
      const { cpu, wall } = await turn(run);
      const known = best.get(name) ?? { cpu: 0, wall: 0 };
      best.set(name, { cpu: Math.max(cpu, known.cpu), wall: Math.max(wall, known.wall) });
    }
  }
  return best;
}
