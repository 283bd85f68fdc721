// @ts-check
/** Progress on standard error: a line per step with its time, and a ticking one where there is a terminal. */

const live = process.stderr.isTTY;

/** @type {(since: number) => string} */
export const elapsed = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Show `label` with a running clock until the returned function is called.
 * @param {() => string} label
 */
export const tick = (label) => {
  if (!live) return () => undefined;
  const begun = performance.now();
  const draw = () => process.stderr.write(`\r\x1b[K… ${label()} ${elapsed(begun)}`);
  draw();
  const timer = setInterval(draw, 100).unref();
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[K');
  };
};

/**
 * Do one step of the bootstrap and write its line.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const step = async (label, work) => {
  const begun = performance.now();
  const stop = tick(() => label);
  if (!live) process.stderr.write(`… ${label}\n`);
  try {
    const result = await work();
    stop();
    process.stderr.write(`✔ ${label} ${elapsed(begun)}\n`);
    return result;
  } catch (error) {
    stop();
    process.stderr.write(`✘ ${label} ${elapsed(begun)}\n`);
    throw error;
  }
};
