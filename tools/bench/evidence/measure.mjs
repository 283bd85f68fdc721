// @ts-check
/** Rates of things that take turns in one process, so that what else the machine does hits all of them alike. */

const ROUNDS = 7;
const SECONDS = 0.12;

/**
 * @typedef {object} Rate
 * @property {number} cpu times per second of processor time, all threads together
 * @property {number} wall times per second on the clock, one after the other
 */

/** @param {() => unknown} run @returns {Promise<Rate>} */
async function turn(run) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  let wall = 0;
  for (; wall < SECONDS; count++) {
    await run();
    wall = (performance.now() - start) / 1000;
  }
  const { user, system } = process.cpuUsage(before);
  return { cpu: (count * 1e6) / (user + system), wall: count / wall };
}

/**
 * The best turn of each.
 * @template {string} Name
 * @param {ReadonlyMap<Name, () => unknown>} runs
 * @returns {Promise<Map<Name, Rate>>}
 */
export async function ratesOf(runs) {
  /** @type {Map<Name, Rate>} */
  const best = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of runs) {
      const { cpu, wall } = await turn(run);
      const known = best.get(name) ?? { cpu: 0, wall: 0 };
      best.set(name, { cpu: Math.max(cpu, known.cpu), wall: Math.max(wall, known.wall) });
    }
  }
  return best;
}
