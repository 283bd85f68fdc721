// @ts-check
/** Our own verifiers on the clock: with nothing known, with everything known but the report, and the bare signatures. */
import { webcrypto as crypto } from 'node:crypto';
import { verify } from './subjects.mjs';

const { createVerifyCache, webCryptoVerifier } = await import('@tsm/evidence');
const { nodeVerifier } = await import('@tsm/host');

/** Who checks the signatures, as the host passes it in, or as every runtime has it. */
const VERIFIERS = { node: nodeVerifier, WebCrypto: webCryptoVerifier };

/** @typedef {import('@tsm/core').SignatureScheme} SignatureScheme */
/** @typedef {import('./subjects.mjs').Subject} Subject */
/** How many signatures of each scheme. @typedef {Map<SignatureScheme, number>} Signatures */

/**
 * One verification without a cache. Copies, so that nothing is known by its identity.
 * @param {Subject} subject
 * @param {keyof typeof VERIFIERS} [by]
 */
export function uncached(subject, by = 'node') {
  let turn = 0;
  return () => {
    const { evidence, collateral } = subject;
    const bytes = evidence[turn++ % evidence.length]?.slice() ?? new Uint8Array(0);
    const files = collateral.map((file) => file.slice());
    return verify({ ...subject, evidence: [bytes], collateral: files }, { verifier: VERIFIERS[by]() });
  };
}

/**
 * One verification with a cache that has seen the platform; the report is another one each time.
 * @param {Subject} subject
 * @param {keyof typeof VERIFIERS} [by]
 */
export function warm(subject, by = 'node') {
  const cache = createVerifyCache();
  const verifier = VERIFIERS[by](cache);
  let turn = 0;
  return () => {
    const { evidence } = subject;
    const bytes = evidence[turn++ % evidence.length] ?? new Uint8Array(0);
    return verify({ ...subject, evidence: [bytes] }, { cache, verifier });
  };
}

/** The signatures that one verification checks: without a cache, and of one more report with it. @param {Subject} subject */
export async function signatures(subject) {
  const cache = createVerifyCache();
  const { evidence } = subject;
  /** @param {number} i @param {Partial<import('@tsm/core').VerifyOptions>} more @returns {Promise<Signatures>} */
  const count = async (i, more) => {
    /** @type {Signatures} */
    const counts = new Map();
    const verifier = webCryptoVerifier();
    /** @type {import('@tsm/core').SignatureVerifier} */
    const counting = {
      verify(scheme, ...rest) {
        counts.set(scheme, (counts.get(scheme) ?? 0) + 1);
        return verifier.verify(scheme, ...rest);
      },
    };
    const bytes = evidence[i % evidence.length] ?? new Uint8Array(0);
    const options = { ...more, verifier: counting };
    const { verdict, checks } = await verify({ ...subject, evidence: [bytes] }, options);
    if (verdict !== 'pass') {
      const bad = checks
        .filter(({ status }) => status === 'fail' || status === 'skipped')
        .map(({ id }) => id);
      throw new Error(`${subject.title}: ${verdict} (${bad.join(', ')})`);
    }
    return counts;
  };
  const alone = await count(0, {});
  await count(0, { cache });
  return { uncached: alone, warm: await count(1, { cache }) };
}

/** @param {string} name @param {string} hash @param {object} more */
const algorithm = (name, hash, more) => ({ name, hash, ...more });
const RSA = { modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1), saltLength: 48 };

/** @type {Readonly<Partial<Record<SignatureScheme, { name: string }>>>} */
const ALGORITHMS = {
  'ecdsa-p256-sha256': algorithm('ECDSA', 'SHA-256', { namedCurve: 'P-256' }),
  'ecdsa-p384-sha384': algorithm('ECDSA', 'SHA-384', { namedCurve: 'P-384' }),
  'rsa-pss-sha384': algorithm('RSA-PSS', 'SHA-384', RSA),
  ed25519: { name: 'Ed25519' },
};
/** Bytes of a typical signed part. */
const SIGNED = 640;

/** One bare verification on node:crypto with an imported key. @param {SignatureScheme} scheme */
export async function bare(scheme) {
  const how = ALGORITHMS[scheme];
  if (!how) throw new Error(`no bare rate for ${scheme}`);
  const pair = await crypto.subtle.generateKey(how, true, ['sign', 'verify']);
  if (!('publicKey' in pair)) throw new TypeError(scheme);
  const message = new Uint8Array(SIGNED).fill(7);
  const signature = new Uint8Array(await crypto.subtle.sign(how, pair.privateKey, message));
  const key = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const verifier = nodeVerifier();
  return () => verifier.verify(scheme, key, signature, message);
}
