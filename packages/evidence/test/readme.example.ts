/** Mint a self-signed certificate, and read it back from PEM. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { basicConstraints, encodeCertificate, encodePem, parseCertificates } from '@tsm/evidence';

const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2036-01-01T00:00:00Z') };
const name = { CN: 'A root', O: 'Example' };
const extensions = [basicConstraints(true)];
const der = encodeCertificate(
  { serial: 1n, issuer: name, subject: name, ...validity, publicKey: { curve: 'p256', point }, extensions },
  (tbs) => sign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' }),
);
const { certificates, issues } = parseCertificates(encodePem('CERTIFICATE', der));
console.log(certificates[0]?.subject, certificates[0]?.notAfter.toISOString(), issues.length);
