/** Files of any kind, a chain out of them, and a verdict that says what was checked at a date. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { portableDigests } from '@tsm/core';
import * as ev from '@tsm/evidence';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const spki = publicKey.export({ type: 'spki', format: 'der' });
const signer = { scheme: 'ed25519', sign: (tbs: Uint8Array) => sign(null, tbs, privateKey) } as const;
const [from, to] = [new Date('2026-01-01T00:00:00Z'), new Date('2036-01-01T00:00:00Z')];
const mint = (CN: string, serial: bigint) => {
  const extensions = [ev.basicConstraints(CN === 'Root')];
  const names = { issuer: { CN: 'Root' }, subject: { CN } };
  return ev.encodeCertificate(
    { serial, ...names, notBefore: from, notAfter: to, publicKey: { spki }, extensions },
    signer,
  );
};
const list = { issuer: { CN: 'Root' }, thisUpdate: from, nextUpdate: to, revoked: [] };
const files = [mint('Leaf', 2n), mint('Root', 1n), ev.encodeCrl(list, signer)];

const { certificates, crls } = ev.readCollateral(files);
const chain = ev.orderChain(certificates, certificates[0]!);
const checks = new ev.CheckList();
await ev.verifyChain(checks, chain, {
  ...{ now: new Date('2026-06-01T00:00:00Z'), anchors: [files[1]!], crls, revocation: 'required' },
  ...{ verifier: ev.webCryptoVerifier(), cache: ev.createVerifyCache(), digests: portableDigests },
});
const verdict = checks.verdict('example');
console.log(verdict.verdict, verdict.checks[0]?.actual);
