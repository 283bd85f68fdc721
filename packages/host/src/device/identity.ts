/** A device's certificates and private key from files as other programs keep them: DER or PEM. */
import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { TsmError, utf8Text } from '@tsm/core';
import { parsePem } from '@tsm/evidence';
import { ASYMS, splitCertificates, type AsymAlgorithm, type SlotIdentity } from '@tsm/pci-tdisp';
import { CURVES, how, isEdwards } from './crypto.ts';

/** Certificates one after the other; PEM is turned round where the leaf comes first, as servers keep it. */
function certificatesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const { blocks } = parsePem(bytes);
  const pem = blocks.filter(({ label }) => label.endsWith('CERTIFICATE')).map(({ der }) => der);
  const certificates = pem.length > 0 ? pem : splitCertificates(bytes);
  if (!certificates || certificates.length === 0)
    throw new TsmError(
      'identity.chain',
      'no certificates: expected DER one after the other, root first, or PEM',
    );
  return pem.length > 1 && issuedBy(certificates, 0, 1) ? [...certificates].reverse() : certificates;
}

function x509(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new TsmError('identity.chain', 'a certificate cannot be read: expected X.509');
  }
}

function issuedBy(certificates: readonly Uint8Array[], child: number, parent: number): boolean {
  const [one, other] = [certificates[child], certificates[parent]];
  return one !== undefined && other !== undefined && x509(one).checkIssued(x509(other));
}

function privateKeyOf(bytes: Uint8Array): KeyObject {
  const key = Buffer.from(bytes);
  const ways = utf8Text(bytes).includes('-----BEGIN')
    ? ([{ key, format: 'pem' }] as const)
    : (['pkcs8', 'sec1', 'pkcs1'] as const).map((type) => ({ key, format: 'der', type }) as const);
  for (const way of ways)
    try {
      return createPrivateKey(way);
    } catch {
      continue; // the next format, or the error below
    }
  throw new TsmError(
    'identity.key',
    'no private key: expected PEM or DER (PKCS #8, SEC 1, PKCS #1), not encrypted',
  );
}

/** The algorithm of SPDM that a key signs by; an RSA key that does not say otherwise by PKCS #1 v1.5. */
function asymOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): AsymAlgorithm {
  const curve = Object.entries(CURVES).find(([, name]) => name === details?.namedCurve)?.[0] ?? '';
  const bits = String(details?.modulusLength ?? '');
  const names: Readonly<Record<string, string>> = {
    ec: `ecdsa-${curve}`,
    rsa: `rsassa-${bits}`,
    'rsa-pss': `rsapss-${bits}`,
  };
  const name = names[type ?? ''] ?? type ?? 'an unknown kind';
  const found = ASYMS.find((one) => one.name === name);
  if (found) return found;
  const known = ASYMS.map((one) => one.name).join(', ');
  throw new TsmError('identity.key', `SPDM has no signature by a key of ${name}: expected one of ${known}`);
}

/** An identity for a responder's slot. Errors: `identity.chain`, `identity.key`. */
export function slotIdentity(chain: Uint8Array, key: Uint8Array): SlotIdentity {
  const certificates = certificatesOf(chain);
  const secret = privateKeyOf(key);
  const asym = asymOf(secret);
  const leaf = certificates.at(-1);
  if (!leaf || !x509(leaf).checkPrivateKey(secret))
    throw new TsmError('identity.key', 'the key is not that of the last certificate, the leaf');
  return {
    certificates,
    asym: asym.name,
    sign: (message, hash) => new Uint8Array(sign(isEdwards(asym) ? null : hash, message, how(asym, secret))),
  };
}
