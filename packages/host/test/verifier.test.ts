/** Node's verifier says what WebCrypto's says, to what is signed and to what is damaged. */
import { generateKeyPairSync, sign, type SignKeyObjectInput } from 'node:crypto';
import { concat, utf8Bytes, type SignatureScheme } from '@tsm/core';
import { webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { nodeVerifier } from '../src/index.ts';

const message = utf8Bytes('what is signed');
const RSA = { modulusLength: 2048 };
const PSS = { padding: 6 };
const keys = {
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  rsa: generateKeyPairSync('rsa', RSA),
  ed25519: generateKeyPairSync('ed25519'),
};

type Signing = [keyof typeof keys, string | null, Partial<SignKeyObjectInput>?];
const SCHEMES: Readonly<Record<SignatureScheme, Signing>> = {
  'ecdsa-p256-sha256': ['p256', 'sha256'],
  'ecdsa-p384-sha384': ['p384', 'sha384'],
  'ecdsa-p521-sha512': ['p521', 'sha512'],
  'rsa-pkcs1-sha256': ['rsa', 'sha256'],
  'rsa-pkcs1-sha384': ['rsa', 'sha384'],
  'rsa-pss-sha256': ['rsa', 'sha256', { ...PSS, saltLength: 32 }],
  'rsa-pss-sha384': ['rsa', 'sha384', { ...PSS, saltLength: 48 }],
  ed25519: ['ed25519', null],
};
const NAMES = Object.keys(SCHEMES) as SignatureScheme[];

describe.each(NAMES)('%s', (scheme) => {
  const [name, hash, options] = SCHEMES[scheme];
  const { privateKey: key, publicKey } = keys[name];
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const signature = new Uint8Array(sign(hash, message, { key, dsaEncoding: 'ieee-p1363', ...options }));
  const [node, web] = [nodeVerifier(), webCryptoVerifier()];

  test('verifies what is signed, and nothing else', async () => {
    expect(await node.verify(scheme, spki, signature, message)).toBe(true);
    expect(await node.verify(scheme, spki, signature, utf8Bytes('something else'))).toBe(false);
    for (let i = 0; i < signature.length; i++) {
      const flipped = signature.slice();
      flipped[i] = (flipped[i] ?? 0) ^ 1;
      expect(await node.verify(scheme, spki, flipped, message)).toBe(false);
    }
  });

  test('is false for a signature of another size, and for every other scheme', async () => {
    for (const wrong of [new Uint8Array(0), signature.slice(1), concat(signature, signature)])
      expect(await node.verify(scheme, spki, wrong, message)).toBe(false);
    for (const other of NAMES.filter((one) => one !== scheme))
      expect(await node.verify(other, spki, signature, message)).toBe(false);
  });

  test('says of a key that is cut or edited anywhere what WebCrypto says', async () => {
    for (let i = 0; i < spki.length; i++) {
      expect(await node.verify(scheme, spki.slice(0, i), signature, message)).toBe(false);
      const edited = spki.slice();
      edited[i] = (edited[i] ?? 0) ^ 0x81;
      const said = await web.verify(scheme, edited, signature, message);
      expect(await node.verify(scheme, edited, signature, message), `byte ${String(i)}`).toBe(said);
    }
  });
});

test('keys are kept by content and scheme, those that are none are not', async () => {
  const kept = new Map<string, unknown>();
  const node = nodeVerifier({
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
  });
  const spki = new Uint8Array(keys.ed25519.publicKey.export({ type: 'spki', format: 'der' }));
  const signature = new Uint8Array(sign(null, message, keys.ed25519.privateKey));
  const verify = (key: Uint8Array): Promise<boolean> => node.verify('ed25519', key, signature, message);
  expect([await verify(spki), await verify(spki.slice()), kept.size]).toEqual([true, true, 1]);
  expect([await verify(spki.slice(1)), kept.size]).toEqual([false, 1]);
});
