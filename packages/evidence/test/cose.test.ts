/** COSE: minted and real tokens verify under their keys, and nothing edited does. */
import { concat, fromHex, toHex, utf8Bytes } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  cborGet,
  coseKey,
  decodeSign1,
  encodeCbor,
  encodeCoseKey,
  encodeSign1,
  publicKeyFrom,
  readCbor,
  verifySign1,
  webCryptoVerifier,
  type CborItem,
} from '../src/index.ts';
import { testKey } from './support/pki.ts';

const verifier = webCryptoVerifier();
const payload = encodeCbor(new Map([[10, 'challenge']]));

describe('COSE_Sign1', () => {
  test.each([
    [-7, 'ecdsa-p256-sha256'],
    [-35, 'ecdsa-p384-sha384'],
    [-36, 'ecdsa-p521-sha512'],
    [-8, 'ed25519'],
    [-19, 'ed25519'],
    [-37, 'rsa-pss-sha256'],
    [-38, 'rsa-pss-sha384'],
  ] as const)('algorithm %i is %s', async (algorithm, scheme) => {
    const { spki, sign } = testKey(scheme);
    const { sign1, issues } = decodeSign1(encodeSign1({ algorithm, payload }, sign));
    expect(issues).toEqual([]);
    expect(sign1).toMatchObject({ algorithm, scheme, tagged: true });
    expect(await verifySign1(sign1!, spki, verifier)).toBe(true);
    expect(await verifySign1(sign1!, testKey('ecdsa-p256-sha256', 'other').spki, verifier)).toBe(false);
  });

  const { spki, sign } = testKey();

  test('says where payload and signature stand in the input', () => {
    const bytes = encodeSign1({ algorithm: -7, payload, headers: new Map([[4, utf8Bytes('kid')]]) }, sign);
    const place = { path: 'token', offset: 100, length: bytes.length };
    const { sign1 } = decodeSign1(bytes, place);
    const { payloadOffset, signatureOffset, signature } = sign1!;
    expect(toHex(bytes.slice(payloadOffset - 100).slice(0, payload.length))).toBe(toHex(payload));
    expect(toHex(bytes.slice(signatureOffset - 100))).toBe(toHex(signature));
    expect(cborGet(sign1?.protected, 4)?.kind).toBe('bytes');
  });

  test('covers headers and payload: no flipped bit of them, or of the signature, verifies', async () => {
    const bytes = encodeSign1({ algorithm: -7, payload }, sign);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (at % 8);
      const { sign1, issues } = decodeSign1(flipped);
      const ok = sign1 !== undefined && issues.length === 0 && (await verifySign1(sign1, spki, verifier));
      expect(ok, `byte ${String(at)}`).toBe(false);
    }
  });

  test('without its tag is read, with an error', () => {
    const { sign1, issues } = decodeSign1(encodeSign1({ algorithm: -7, payload }, sign).slice(1));
    expect(sign1?.tagged).toBe(false);
    expect(issues).toMatchObject([{ code: 'cose.untagged', severity: 'error' }]);
  });

  test('with a critical header that nobody knows never verifies', async () => {
    const headers = new Map([[2, [4, 77]]]);
    const { sign1 } = decodeSign1(encodeSign1({ algorithm: -7, payload, headers }, sign));
    expect(sign1?.unknownCritical).toEqual(['77']);
    expect(await verifySign1(sign1!, spki, verifier)).toBe(false);
    const known = decodeSign1(encodeSign1({ algorithm: -7, payload, headers: new Map([[2, [4]]]) }, sign));
    expect(await verifySign1(known.sign1!, spki, verifier)).toBe(true);
  });

  test.each([
    ['a bare map', 'a0'],
    ['another tag', 'd1844040400040'.replace('00', '')],
    ['three parts', 'd28340a040'],
    ['a detached payload', 'd28440a0f640'],
    ['a header that is no bytes', 'd284a0a04040'],
    ['an unprotected header that is no map', 'd28440404040'],
    ['a protected header that is no map', 'd2844101a04040'],
    ['a protected header that is not CBOR', 'd28441ffa04040'],
  ])('%s is none', (_, text) => {
    const { sign1, issues } = decodeSign1(fromHex(text)!);
    expect([sign1, issues.at(-1)?.code]).toEqual([undefined, 'cose.not-sign1']);
  });
});

describe('COSE_Key', () => {
  test.each([
    ['p256', 'ecdsa-p256-sha256', 65],
    ['p384', 'ecdsa-p384-sha384', 97],
    ['p521', 'ecdsa-p521-sha512', 133],
    ['ed25519', 'ed25519', 32],
  ] as const)('%s survives', (curve, scheme, size) => {
    const { spki } = testKey(scheme);
    const bytes = encodeCoseKey(curve, spki.slice(-size));
    expect(toHex(coseKey(bytes)!.spki)).toBe(toHex(spki));
    if (curve !== 'ed25519') expect(toHex(encodeCoseKey(curve, spki.slice(1 - size)))).toBe(toHex(bytes));
  });

  const point = testKey().spki.slice(-64);
  const key = (...rows: (readonly [number, number | boolean | Uint8Array])[]) => encodeCbor(new Map(rows));
  const [x, y] = [point.slice(0, 32), point.slice(32)];

  test.each([
    ['no x', key([1, 2], [-1, 1], [-3, y])],
    ['the sign of y alone', key([1, 2], [-1, 1], [-2, x], [-3, true])],
    ['a short y', key([1, 2], [-1, 1], [-2, x], [-3, y.slice(1)])],
    ['an unknown curve', key([1, 2], [-1, 9], [-2, x], [-3, y])],
    ['an unknown type', key([1, 4], [-1, 1], [-2, x], [-3, y])],
    ['bytes after it', concat(encodeCoseKey('p256', point), Uint8Array.of(0))],
  ])('with %s is none', (_, bytes) => {
    expect(coseKey(bytes)).toBeUndefined();
  });

  test.each([63, 66])('of a point of %i bytes is the caller’s mistake', (size) => {
    expect(() => encodeCoseKey('p256', new Uint8Array(size))).toThrow(RangeError);
  });
});

/** Platform token and realm token of a CCA token. */
function tokensIn(bytes: Uint8Array): Uint8Array[] {
  const strings = (item: CborItem): Uint8Array[] => {
    if (item.kind === 'bytes') return [item.value];
    if (item.kind === 'array') return item.items.flatMap(strings);
    if (item.kind === 'map') return item.entries.flatMap(([, value]) => strings(value));
    return item.kind === 'tag' ? strings(item.item) : [];
  };
  return strings(readCbor(bytes).item!);
}

/** The public key of the realm in a token: a raw point, or a COSE_Key. */
function realmKey(token: Uint8Array) {
  const claim = cborGet(readCbor(decodeSign1(token).sign1!.payload).item, 44237);
  return claim?.kind === 'bytes' ? (publicKeyFrom(claim.value) ?? coseKey(claim.value)) : undefined;
}

const good = [
  'veraison_good_399',
  'veraison_good_907',
  'veraison_tfrmm_token',
  'trustee_example_token',
  'tfm_cca_example_token',
  'tfm_cca_example_token_legacy',
];
const have = vectors('evidence/cca').length > 0;

describe('real CCA tokens', () => {
  test.runIf(have)('realm tokens verify under their own key, edited ones do not', async () => {
    for (const name of good) {
      const [platform, realm] = tokensIn(readVector(`evidence/cca/${name}.cbor`));
      const key = realmKey(realm!);
      expect(key, name).toBeDefined();
      expect(decodeSign1(realm!).issues).toEqual([]);
      expect(decodeSign1(platform!).issues).toEqual([]);
      expect(await verifySign1(decodeSign1(realm!).sign1!, key!.spki, verifier), name).toBe(true);
    }
    for (const name of ['realm_sig_flip', 'realm_rim_flip']) {
      const [, realm] = tokensIn(readVector(`evidence/cca/bad/${name}.cbor`));
      expect(await verifySign1(decodeSign1(realm!).sign1!, realmKey(realm!)!.spki, verifier), name).toBe(
        false,
      );
    }
  });

  test.runIf(have)('platform tokens verify under the keys beside them: JWK and PEM', async () => {
    for (const [name, file] of [
      ['veraison_good_907', 'veraison_iak.pub.jwk'],
      ['veraison_tfrmm_token', 'veraison_tfrmm_cpak.pub.pem'],
      ['trustee_example_token', 'trustee_cpak_pub.json'],
    ]) {
      const [platform] = tokensIn(readVector(`evidence/cca/${name!}.cbor`));
      const key = publicKeyFrom(readVector(`evidence/cca/${file!}`))!;
      expect(await verifySign1(decodeSign1(platform!).sign1!, key.spki, verifier), name).toBe(true);
    }
  });
});
