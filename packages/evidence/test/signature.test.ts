/** Signatures and keys: what node:crypto signs verifies, whatever is malformed does not, and never throws. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { concat, fromHex, toHex, utf8Bytes, type SignatureScheme } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  createVerifyCache,
  ecdsaSignatureFromDer,
  ecdsaSignatureToDer,
  ecPublicKey,
  ed25519PublicKey,
  encodePem,
  publicKeyFrom,
  publicKeyFromJwk,
  rsaPublicKey,
  webCryptoVerifier,
} from '../src/index.ts';
import { testKey } from './support/pki.ts';

const SCHEMES: readonly SignatureScheme[] = [
  ...(['ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'ecdsa-p521-sha512', 'ed25519'] as const),
  ...(['rsa-pkcs1-sha256', 'rsa-pkcs1-sha384', 'rsa-pss-sha256', 'rsa-pss-sha384'] as const),
];
const message = utf8Bytes('what is signed');

describe.each(SCHEMES)('%s', (scheme) => {
  const { spki, sign } = testKey(scheme);
  const signature = sign(message);
  const verifier = webCryptoVerifier();

  test('verifies what node:crypto signed, and nothing else', async () => {
    expect(await verifier.verify(scheme, spki, signature, message)).toBe(true);
    expect(await verifier.verify(scheme, spki, signature, utf8Bytes('something else'))).toBe(false);
    for (const i of [0, signature.length - 1]) {
      const flipped = signature.slice();
      flipped[i]! ^= 1;
      expect(await verifier.verify(scheme, spki, flipped, message)).toBe(false);
    }
  });

  test('is false for a signature of another size, and for every other scheme', async () => {
    for (const wrong of [new Uint8Array(0), signature.slice(1), concat(signature, signature)])
      expect(await verifier.verify(scheme, spki, wrong, message)).toBe(false);
    for (const other of SCHEMES.filter((one) => one !== scheme))
      expect(await verifier.verify(other, spki, signature, message)).toBe(false);
  });

  test('is false for a key that is cut or edited anywhere', async () => {
    for (let i = 0; i < spki.length; i++) {
      expect(await verifier.verify(scheme, spki.slice(0, i), signature, message)).toBe(false);
      const edited = spki.slice();
      edited[i]! ^= 0x81;
      expect(await verifier.verify(scheme, edited, signature, message), `byte ${String(i)}`).toBe(false);
    }
  });
});

test('imported keys are kept by content and scheme', async () => {
  const kept = new Map<string, unknown>();
  const verifier = webCryptoVerifier({
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
  });
  const { spki, sign } = testKey();
  const verify = (key: Uint8Array) => verifier.verify('ecdsa-p256-sha256', key, sign(message), message);
  expect([await verify(spki), await verify(spki.slice()), kept.size]).toEqual([true, true, 1]);
  expect([await verify(spki.slice(1)), kept.size]).toEqual([false, 1]);
});

test('views into larger buffers are verified as what they show', async () => {
  const { spki, sign } = testKey();
  const around = (bytes: Uint8Array): Uint8Array =>
    concat(Uint8Array.of(9), bytes, Uint8Array.of(9)).subarray(1, -1);
  const verifier = webCryptoVerifier(createVerifyCache());
  expect(
    await verifier.verify('ecdsa-p256-sha256', around(spki), around(sign(message)), around(message)),
  ).toBe(true);
});

describe('ECDSA signatures as DER', () => {
  test.each(['00'.repeat(31) + '01' + 'ff'.repeat(32), '80' + '00'.repeat(31) + '7f' + '11'.repeat(31)])(
    '%s survives',
    (hex) => {
      const raw = fromHex(hex)!;
      expect(toHex(ecdsaSignatureFromDer(ecdsaSignatureToDer(raw), 32)!)).toBe(hex);
    },
  );

  test.each([
    ['a negative number', '3006020180020101'],
    ['a number with a needless zero', '300702020001020101'],
    ['an empty number', '30050200020101'],
    ['a number that is too large', `30260221${'7f'.repeat(33)}020101`],
    ['a third number', '3009020101020101020101'],
    ['bytes after it', '300602010102010100'],
    ['a long length where a short one does', '308106020101020101'],
    ['nothing', ''],
  ])('with %s is refused', (_, hex) => {
    expect(ecdsaSignatureFromDer(fromHex(hex)!, 32)).toBeUndefined();
  });
});

describe('public keys', () => {
  const point = (spki: Uint8Array, size: number): Uint8Array => spki.slice(-1 - 2 * size);
  const [p256, p384, p521] = [
    testKey('ecdsa-p256-sha256'),
    testKey('ecdsa-p384-sha384'),
    testKey('ecdsa-p521-sha512'),
  ];
  const ed = testKey('ed25519');
  const rsa = testKey('rsa-pss-sha384');
  const jwkOf = (spki: Uint8Array) =>
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' });

  test('are encoded as node:crypto encodes them', () => {
    for (const [curve, { spki }, size] of [
      ['p256', p256, 32],
      ['p384', p384, 48],
      ['p521', p521, 66],
    ] as const) {
      expect(toHex(ecPublicKey(curve, point(spki, size)))).toBe(toHex(spki));
      expect(toHex(ecPublicKey(curve, point(spki, size).slice(1)))).toBe(toHex(spki));
    }
    expect(toHex(ed25519PublicKey(ed.spki.slice(-32)))).toBe(toHex(ed.spki));
    const { n = '', e = '' } = jwkOf(rsa.spki);
    expect(toHex(rsaPublicKey(Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')))).toBe(
      toHex(rsa.spki),
    );
  });

  test('of a wrong size are a RangeError', () => {
    expect(() => ecPublicKey('p256', new Uint8Array(63))).toThrow(RangeError);
    expect(() => ecPublicKey('p256', new Uint8Array(65))).toThrow(RangeError);
    expect(() => ed25519PublicKey(new Uint8Array(31))).toThrow(RangeError);
  });

  test.each([
    ['SubjectPublicKeyInfo', (spki: Uint8Array) => spki],
    ['PEM', (spki: Uint8Array) => utf8Bytes(encodePem('PUBLIC KEY', spki))],
    ['JWK', (spki: Uint8Array) => utf8Bytes(JSON.stringify(jwkOf(spki)))],
  ])('are found in %s', (_, write) => {
    for (const [{ spki }, kind, curve] of [
      [p256, 'ec', 'p256'],
      [p384, 'ec', 'p384'],
      [p521, 'ec', 'p521'],
      [ed, 'ed25519'],
      [rsa, 'rsa'],
    ] as const) {
      const found = publicKeyFrom(write(spki));
      expect(toHex(found!.spki)).toBe(toHex(spki));
      expect([found?.kind, found?.curve]).toEqual([kind, curve]);
    }
  });

  test('are found as bare points, by their size', () => {
    for (const [{ spki }, size] of [
      [p256, 32],
      [p384, 48],
      [p521, 66],
    ] as const)
      expect(toHex(publicKeyFrom(point(spki, size))!.spki)).toBe(toHex(spki));
  });

  test('of other curves and kinds are read, and named other', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const found = publicKeyFrom(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })));
    expect(found).toMatchObject({ kind: 'other', curve: undefined });
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['an unknown curve', { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }],
    ['a coordinate that is too short', { ...jwkOf(p256.spki), x: 'AAAA' }],
    ['no y', { ...jwkOf(p256.spki), y: undefined }],
    ['a coordinate that is no base64', { ...jwkOf(p256.spki), x: '%' }],
    ['a coordinate that is no text', { ...jwkOf(p256.spki), x: 5 }],
    ['a short Ed25519 key', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }],
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['a list', [jwkOf(p256.spki)]],
    ['null', null],
  ])('a JWK with %s is none', (_, jwk) => {
    expect(publicKeyFromJwk(jwk)).toBeUndefined();
    expect(publicKeyFrom(utf8Bytes(JSON.stringify(jwk)))).toBeUndefined();
  });
});
