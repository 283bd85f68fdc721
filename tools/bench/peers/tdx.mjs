// @ts-check
/** Peers that verify TDX quotes, with the collateral as dcap-qvl's JSON. Both throw when they refuse. */
import { readFileSync } from 'node:fs';
import { fileOf, load } from './install.mjs';

/** @typedef {import('./peers.mjs').Peer} Peer */
/** @typedef {import('../evidence/subjects.mjs').Subject} Subject */

/** What both take, made ready before the clock runs. @param {Subject} subject */
function inputs({ evidence: [quote = new Uint8Array(0)], collateral: [file], now }) {
  const collateral = /** @type {unknown} */ (JSON.parse(Buffer.from(file ?? []).toString()));
  return { quote: Buffer.from(quote), collateral, seconds: now.getTime() / 1000 };
}

/** @type {Peer} */
export const dcapQvl = {
  name: '@phala/dcap-qvl',
  async open() {
    /** @typedef {{ verify: (quote: Buffer, collateral: unknown, seconds: number) => unknown }} Module */
    const loaded = /** @type {{ default: Module }} */ (await load('@phala/dcap-qvl/src/index.js'));
    const { verify } = loaded.default;
    return (subject) => {
      const { quote, collateral, seconds } = inputs(subject);
      return () => verify(quote, collateral, seconds);
    };
  },
};

let instances = 0;

/** @type {Peer} */
export const dcapQvlWeb = {
  name: '@phala/dcap-qvl-web',
  async open() {
    /**
     * @typedef {object} WebModule
     * @property {(wasm: { module: Buffer }) => unknown} initSync
     * @property {(quote: Buffer, collateral: unknown, seconds: bigint) => unknown} js_verify
     */
    // An instance of its own each time: after a trap an instance is not to be used again.
    const file = '@phala/dcap-qvl-web/dcap-qvl-web.js';
    const web = /** @type {WebModule} */ (await load(file, String(instances++)));
    web.initSync({ module: readFileSync(fileOf('@phala/dcap-qvl-web/dcap-qvl-web_bg.wasm')) });
    return (subject) => {
      const { quote, collateral, seconds } = inputs(subject);
      return () => web.js_verify(quote, collateral, BigInt(seconds));
    };
  },
};
