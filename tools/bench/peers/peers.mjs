// @ts-check
/** The peers, and the real evidence that each of them can verify. */
import { litSnp, tinfoilVerifier } from './snp.mjs';
import { dcapQvl, dcapQvlWeb } from './tdx.mjs';

/** @typedef {import('../evidence/subjects.mjs').Subject} Subject */

/**
 * @typedef {object} Peer
 * @property {string} name on npm
 * @property {() => Promise<(subject: Subject) => () => unknown>} open gives what prepares one verification; that throws,
 *   or rejects, when the evidence is refused
 */

/** By title of the subject. @type {ReadonlyMap<string, readonly Peer[]>} */
export const PEERS = new Map([
  ['TDX v4', [dcapQvl, dcapQvlWeb]],
  ['SNP Genoa', [tinfoilVerifier]],
  ['SNP Milan', [litSnp]],
]);
