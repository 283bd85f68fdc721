/** Certification requests: what salus takes, and what it makes of them. */
import { toHex } from '@tsm/core';
import { ed25519PublicKey, encodeDer, parseCertificate, parseDer, webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { keyPairOf } from '../src/dice.ts';
import { createCove, encodeRequest, parseRequest, verifyRequest } from '../src/index.ts';
import { nameOf } from '../src/tsm/salus-certificate.ts';
import { challenge, launchOf, seededTsm, tools } from './support/machines.ts';

const verifier = webCryptoVerifier();
const guest = keyPairOf(new Uint8Array(32).fill(4));
const spki = ed25519PublicKey(guest.publicKey);
const request = encodeRequest(nameOf('2.5.4.3', 'guest'), spki, guest.sign);
const salus = createCove({ implementation: 'salus', cdi: 'seed' });

describe('a request of our own', () => {
  test('is read, and is signed with its key', async () => {
    const { request: parsed, issues } = parseRequest(request);
    expect(issues).toEqual([]);
    expect(toHex(parsed!.publicKey.point)).toBe(toHex(guest.publicKey));
    expect(await verifyRequest(parsed!, verifier)).toBe(true);
  });

  test('becomes a certificate for its key and name, which verifies with the key of the TSM', async () => {
    const model = salus.model(launchOf(), tools);
    const der = model.getEvidence(request, challenge);
    const { certificate } = parseCertificate(der);
    expect(certificate?.subject).toBe('CN=guest');
    expect(toHex(certificate!.publicKey.spki)).toBe(toHex(spki));
    const options = {
      now: launchOf().now,
      trustAnchors: [seededTsm().publicKey],
      reportData: guest.publicKey,
    };
    expect((await salus.verify(der, options)).verdict).toBe('pass');
  });

  test('with one bit changed is refused, whatever the bit', async () => {
    const model = salus.model(launchOf(), tools);
    let read = 0;
    for (let offset = 0; offset < request.length; offset++) {
      const changed = request.slice();
      changed[offset]! ^= 1 << (offset % 8);
      const parsed = parseRequest(changed).request;
      if (parsed && ++read && (await verifyRequest(parsed, verifier)))
        throw new Error(`byte ${String(offset)}`);
      expect(() => model.getEvidence(changed, challenge), `byte ${String(offset)}`).toThrow(/SBI_ERR/);
    }
    expect(read).toBeGreaterThan(50);
  });

  test('cut anywhere is an issue', () => {
    for (let length = 0; length < request.length; length++)
      expect(parseRequest(request.subarray(0, length)).issues.map(({ code }) => code)).toEqual([
        'cove.request',
      ]);
  });

  test('with an unknown algorithm verifies never', async () => {
    const { value } = parseDer(request);
    if (value?.kind !== 'sequence') throw new Error('no request');
    const [info, , signature] = value.value;
    const other = encodeDer({
      kind: 'sequence',
      value: [info!, { kind: 'sequence', value: [{ kind: 'oid', value: '1.2.3' }] }, signature!],
    });
    const { request: parsed } = parseRequest(other);
    expect(parsed?.signature.scheme).toBeUndefined();
    expect(await verifyRequest(parsed!, verifier)).toBe(false);
  });

  test('an encoder is not given something else than a key', () => {
    expect(() => encodeRequest(nameOf('2.5.4.3', 'x'), new Uint8Array(3), guest.sign)).toThrow(TypeError);
  });
});

describeVectors('the request in the tree of salus', 1, vectors('evidence/cove', ['csr-der']), ({ file }) => {
  const der = readVector(file);
  const { request: parsed, issues } = parseRequest(der);
  expect(issues).toEqual([]);
  expect(parsed?.publicKey.kind).toBe('ed25519');
  const certificate = parseCertificate(salus.model(launchOf(), tools).getEvidence(der, challenge));
  expect(certificate.issues).toEqual([]);
  expect(certificate.certificate?.subject).toBe('CN=rivosinc.com,O=Rivos,L=Default City,C=FR');
  expect(toHex(certificate.certificate!.publicKey.spki)).toBe(toHex(parsed!.publicKey.spki));
});

test.each(vectors('evidence/cove', ['csr-der']).map(({ file }) => file))('%s verifies', async (file) => {
  const { request: parsed } = parseRequest(readVector(file));
  expect(await verifyRequest(parsed!, verifier)).toBe(true);
});
