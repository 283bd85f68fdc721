/** The test manufacturer: the root that stands behind a simulated root of trust. */
import { toHex, type Launch, type MintedCollateral, type ModelTools } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  ed25519PublicKey,
  encodeCertificate,
  keyUsage,
  subjectKeyIdentifier,
  type DistinguishedName,
} from '@tsm/evidence';
import { cdiId, keyPairOf, type KeyPair } from '../dice.ts';
import { derive } from './platform.ts';

const ROOT: DistinguishedName = { CN: 'TSM test CoVE manufacturer root', O: 'TSM test' };

function yearsAfter(date: Date, years: number): Date {
  const after = new Date(date);
  after.setUTCFullYear(after.getUTCFullYear() + years);
  return after;
}

/** Endorses `key` as that of a device. `file`: name of its certificate. `ca`: the key signs certificates, not tokens. */
export function collateralOf(
  { seed, now }: Pick<Launch, 'seed' | 'now'>,
  { signer }: ModelTools,
  { key, id, file, ca }: { key: KeyPair; id: Uint8Array; file: string; ca: boolean },
): MintedCollateral {
  const root = keyPairOf(derive(seed, 'manufacturer root'), signer);
  const rootId = cdiId(root.publicKey);
  const signing = { scheme: 'ed25519', sign: root.sign } as const;
  const rootCertificate = encodeCertificate(
    {
      serial: BigInt(`0x${toHex(rootId)}`),
      issuer: ROOT,
      subject: ROOT,
      notBefore: now,
      notAfter: yearsAfter(now, 30),
      publicKey: { spki: ed25519PublicKey(root.publicKey) },
      extensions: [subjectKeyIdentifier(rootId), keyUsage('keyCertSign'), basicConstraints(true)],
    },
    signing,
  );
  const device = encodeCertificate(
    {
      serial: BigInt(`0x${toHex(id)}`),
      issuer: ROOT,
      subject: { SN: toHex(id) },
      notBefore: now,
      notAfter: yearsAfter(now, 20),
      publicKey: { spki: ed25519PublicKey(key.publicKey) },
      extensions: [
        authorityKeyIdentifier(rootId),
        // salus names its key by the ASCII of the hex digits.
        subjectKeyIdentifier(ca ? new TextEncoder().encode(toHex(id)) : id),
        keyUsage(ca ? 'keyCertSign' : 'digitalSignature'),
        basicConstraints(ca, ca ? 0 : undefined),
      ],
    },
    signing,
  );
  const files = { [file]: device, 'manufacturer-root.cer': rootCertificate };
  return { files, trustAnchors: [rootCertificate] };
}
