/** SPDM on Node: the fast backend gives what the portable one gives, and a socket carries a whole run. */
import { generateKeyPairSync } from 'node:crypto';
import { concat, utf8Bytes } from '@tsm/core';
import { encodePem, parseCertificate } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import {
  AEADS,
  ASYMS,
  driveAsync,
  endSession,
  HASHES,
  heartbeat,
  openSession,
  portableSpdmCrypto as portable,
} from '@tsm/pci-tdisp';
import { bytesFrom, identityOf } from '../../pci-tdisp/test/support/identity.ts';
import { pairOf } from '../../pci-tdisp/test/support/pair.ts';
import { connectSpdmPeer, nodeSpdmCrypto, serveSpdm, slotIdentity } from '../src/index.ts';

const node = nodeSpdmCrypto();
const random = bytesFrom(11);
const message = random(100);

describe('both backends', () => {
  test.each(HASHES.map(({ name }) => name))('%s and its HMAC', (name) => {
    expect(node.hash(name, message)).toEqual(portable.hash(name, message));
    const key = random(33);
    expect(node.hmac(name, key, message)).toEqual(portable.hmac(name, key, message));
  });

  test.each(['p256', 'p384', 'p521'] as const)('key agreement on %s', (curve) => {
    const seed = random(99);
    const [ours, theirs] = [node.ephemeralKey(curve, seed), portable.ephemeralKey(curve, random(99))];
    expect(ours).toEqual(portable.ephemeralKey(curve, seed));
    const secret = node.sharedSecret(curve, ours.secret, theirs.exchangeData);
    expect(secret).toEqual(portable.sharedSecret(curve, theirs.secret, ours.exchangeData));
    const nowhere = new Uint8Array(ours.exchangeData.length).fill(1);
    for (const backend of [node, portable])
      for (const point of [nowhere, nowhere.subarray(1), new Uint8Array(0)])
        expect(backend.sharedSecret(curve, ours.secret, point)).toBeUndefined();
  });

  test.each(AEADS.map(({ name, keySize }) => [name, keySize] as const))('%s', (name, keySize) => {
    const [key, nonce, aad] = [random(keySize), random(12), random(6)];
    const sealed = node.seal(name, key, nonce, aad, message);
    expect(sealed).toEqual(portable.seal(name, key, nonce, aad, message));
    for (const backend of [node, portable]) {
      expect(backend.open(name, key, nonce, aad, sealed)).toEqual(message);
      const damaged = sealed.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
      for (const bad of [damaged, sealed.subarray(0, 10), new Uint8Array(0)])
        expect(backend.open(name, key, nonce, aad, bad)).toBeUndefined();
    }
  });

  test.each(ASYMS.filter(({ name }) => !name.endsWith('4096')).map((asym) => [asym.name, asym] as const))(
    'signatures of %s',
    (name, asym) => {
      const { certificates, sign } = identityOf(name);
      const { certificate } = parseCertificate(certificates[1]!);
      const { spki } = certificate!.publicKey;
      const signature = sign(message, 'sha384');
      for (const backend of [node, portable]) {
        expect(backend.verify(asym, 'sha384', spki, signature, message)).toBe(true);
        expect(backend.verify(asym, 'sha384', spki, signature, random(100))).toBe(false);
        const damaged = signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte));
        for (const bad of [damaged, signature.subarray(1), new Uint8Array(asym.size)])
          expect(backend.verify(asym, 'sha384', spki, bad, message)).toBe(false);
        expect(backend.verify(asym, 'sha384', spki.subarray(3), signature, message)).toBe(false);
      }
    },
  );
});

test('a whole run over a socket; the device is ready for the next requester, and ends when asked to', async () => {
  const { requester, responder } = pairOf({ version: 0x12 });
  const server = await serveSpdm({ port: 0, respond: (object) => responder.respond(object) });
  try {
    for (const how of ['continue', 'shutdown'] as const) {
      const peer = await connectSpdmPeer({ port: server.port });
      expect((await driveAsync(requester.discover(), peer.transport)).length).toBe(3);
      await driveAsync(requester.connect(), peer.transport);
      await driveAsync(requester.digests(), peer.transport);
      await driveAsync(requester.certificate(), peer.transport);
      const session = await driveAsync(openSession(requester), peer.transport);
      await driveAsync(heartbeat(requester, session), peer.transport);
      await driveAsync(endSession(requester, session), peer.transport);
      await peer.close(how);
    }
    await server.ended;
  } finally {
    server.close();
  }
});

test('a port where nobody answers is an error that says so', async () => {
  const { responder } = pairOf();
  const server = await serveSpdm({ port: 0, respond: (object) => responder.respond(object) });
  server.close();
  await expect(connectSpdmPeer({ port: server.port, timeout: 2000 })).rejects.toMatchObject({
    code: 'spdm.no-answer',
  });
});

describe('identities from files', () => {
  const { certificates, privateKey } = identityOf('ecdsa-p384');
  const pem = (bytes: Uint8Array): string => encodePem('CERTIFICATE', bytes);
  const key = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));

  test('DER and PEM, root first or leaf first, are the same chain', () => {
    const chains = [
      concat(...certificates),
      utf8Bytes(certificates.map(pem).join('')),
      utf8Bytes([...certificates].reverse().map(pem).join('')),
    ];
    for (const chain of chains) {
      const identity = slotIdentity(chain, key);
      expect([identity.asym, identity.certificates]).toEqual(['ecdsa-p384', certificates]);
    }
  });

  test.each([
    ['pkcs8', 'pem'],
    ['sec1', 'der'],
    ['sec1', 'pem'],
  ] as const)('a key as %s %s signs over every hash', (type, format) => {
    const bytes = Buffer.from(
      format === 'pem' ? privateKey.export({ type, format }) : privateKey.export({ type, format }),
    );
    const { sign } = slotIdentity(concat(...certificates), new Uint8Array(bytes));
    const { spki } = parseCertificate(certificates[1]!).certificate!.publicKey;
    const asym = ASYMS.find(({ name }) => name === 'ecdsa-p384')!;
    const message = utf8Bytes('message');
    for (const hash of ['sha256', 'sha384', 'sha3-512'] as const)
      expect(nodeSpdmCrypto().verify(asym, hash, spki, sign(message, hash), message)).toBe(true);
  });

  test('what is none is refused', () => {
    const chain = concat(...certificates);
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' });
    for (const [first, second, code] of [
      [new Uint8Array(0), key, 'identity.chain'],
      [chain.subarray(1), key, 'identity.chain'],
      [Uint8Array.of(0x30, 0), key, 'identity.chain'],
      [chain, key.subarray(1), 'identity.key'],
      [chain, new Uint8Array(x25519), 'identity.key'],
      [certificates[0]!, key, 'identity.key'],
    ] as const)
      expect(() => slotIdentity(first, second)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
