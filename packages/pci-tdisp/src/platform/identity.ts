/** Certificates of simulated devices: a test root and a leaf for each, from the seed. Spec: DSP0274, certificates; RFC 5280. */
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeCertificate,
  keyUsage,
  subjectKeyIdentifier,
} from '@tsm/evidence';
import { ASYMS, type SpdmHash } from '../spdm/algorithms.ts';
import { KEY_RANDOM, type SpdmCrypto } from '../spdm/crypto.ts';
import type { SlotIdentity } from '../spdm/responder/options.ts';
import { seededBytes } from '../tsm/random.ts';
import { concat } from '@tsm/core';

const CURVE = 'p384';
const ASYM = 'ecdsa-p384';

/** One authority for all devices of a machine. */
export interface DeviceAuthority {
  /** DER; the trust anchor of whoever verifies. */
  readonly root: Uint8Array;
  identity(serialNumber: string): SlotIdentity;
}

const VALID_YEARS = 10;

export function deviceAuthority(crypto: SpdmCrypto, seed: Uint8Array, now: Date): DeviceAuthority {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS);
  const validity = { notBefore: now, notAfter };
  const asym = ASYMS.find(({ name }) => name === ASYM);
  if (!asym) throw new TypeError(`there is no ${ASYM}`);
  const keyOf = (purpose: string) => {
    const { secret, exchangeData } = crypto.ephemeralKey(
      CURVE,
      seededBytes(crypto, seed, purpose)(KEY_RANDOM),
    );
    const point = concat(Uint8Array.of(4), exchangeData);
    const id = crypto.hash('sha256', point).slice(0, 20);
    const sign = (message: Uint8Array, hash: SpdmHash = 'sha384') => crypto.sign(asym, hash, secret, message);
    return { id, sign, publicKey: { curve: CURVE, point } as const };
  };
  const issuer = { CN: 'Device Test Root', O: 'TSM test' };
  const authority = keyOf('device root');
  const signer = {
    scheme: 'ecdsa-p384-sha384',
    sign: (message: Uint8Array) => authority.sign(message),
  } as const;
  const root = encodeCertificate(
    {
      ...{ serial: 1n, issuer, subject: issuer, ...validity, publicKey: authority.publicKey },
      extensions: [
        basicConstraints(true, 0),
        keyUsage('keyCertSign', 'cRLSign'),
        subjectKeyIdentifier(authority.id),
      ],
    },
    signer,
  );
  return {
    root,
    identity(serialNumber) {
      const key = keyOf(`device ${serialNumber}`);
      const leaf = encodeCertificate(
        {
          ...{ serial: 2n, issuer, ...validity, publicKey: key.publicKey },
          subject: { CN: `TSM:Accelerator:${serialNumber}`, O: 'TSM test' },
          extensions: [
            keyUsage('digitalSignature'),
            subjectKeyIdentifier(key.id),
            authorityKeyIdentifier(authority.id),
          ],
        },
        signer,
      );
      return { certificates: [root, leaf], asym: ASYM, sign: key.sign };
    },
  };
}
