/** Minted evidence and collateral hold against an independent verifier: node:crypto. */
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { equalBytes } from '@tsm/core';
import { decodeSign1, ed25519PublicKey, encodeCbor, type Sign1 } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { mint, partsOf, publishedTsm, seededTsm } from './support/machines.ts';

const spki = (key: Uint8Array) =>
  createPublicKey({ key: Buffer.from(ed25519PublicKey(key)), format: 'der', type: 'spki' });

/** RFC 9052 §4.4. */
const signedBy = ({ protectedBytes, payload, signature }: Sign1, key: Uint8Array): boolean =>
  verify(null, encodeCbor(['Signature1', protectedBytes, new Uint8Array(0), payload]), spki(key), signature);

describe('tokens', () => {
  const { tokens, layers } = partsOf(new Uint8Array(0));
  test.each([
    ['platform', tokens.platform, layers.rot],
    ['tsm', tokens.tsm, layers.platform],
    ['tvm', tokens.tvm, layers.tsm],
  ])('%s: signed by the layer before, and by no other', (_, token, signer) => {
    const { sign1, issues } = decodeSign1(token);
    expect(issues).toEqual([]);
    const keys = [layers.rot, layers.platform, layers.tsm];
    expect(keys.filter(({ publicKey }) => signedBy(sign1!, publicKey))).toEqual([signer]);
  });
});

describe('certificates', () => {
  test.each([
    ['specification', mint({ certificate: 'x509' }), partsOf(new Uint8Array(0)).layers.tsm],
    ['salus, constant secrets', mint({ implementation: 'salus' }), publishedTsm],
    ['salus, secrets of the seed', mint({ implementation: 'salus', cdi: 'seed' }), seededTsm()],
  ])('%s: signed by the TSM', (_, { evidence }, { publicKey }) => {
    const certificate = new X509Certificate(evidence);
    expect(certificate.verify(spki(publicKey))).toBe(true);
    expect(certificate.raw.equals(evidence)).toBe(true);
  });

  test.each([
    ['rot.cer', mint(), partsOf(new Uint8Array(0)).layers.rot.publicKey],
    ['tsm.cer', mint({ implementation: 'salus', cdi: 'seed' }), seededTsm().publicKey],
  ])('%s: endorses the key, under the test root', (file, { model }, key) => {
    const { files, trustAnchors } = model.collateral();
    const device = new X509Certificate(files[file]!);
    const root = new X509Certificate(trustAnchors[0]!);
    expect(device.verify(root.publicKey) && root.verify(root.publicKey)).toBe(true);
    expect(device.checkIssued(root)).toBe(true);
    expect(equalBytes(device.publicKey.export({ format: 'der', type: 'spki' }), ed25519PublicKey(key))).toBe(
      true,
    );
    expect(root.subject).toContain('TSM test');
  });
});
