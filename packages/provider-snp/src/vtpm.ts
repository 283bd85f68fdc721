/** The vTPM that a paravisor keeps for a simulated guest: PCRs, attestation key, quotes. Spec: TPM 2.0 Library part 1 §17, part 3 §18.4, §22.2. */
import { concat, concatAll, TsmError, type Digests } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { TpmtPublicRsa } from './layout/tpm-public.ts';
import { TPM_GENERATED, TPM_ST_ATTEST_QUOTE, TpmQuote } from './layout/tpm-quote.ts';
import { rsaKey } from './pki/rsa.ts';
import { INSECURE_TEST_KEYS } from './pki/test-keys.ts';
import { isDynamicPcr, PCRS } from './registers.ts';

const TPM_ALG = { rsa: 0x0001, sha256: 0x000b, null: 0x0010, rsassa: 0x0014 } as const;
/** TPM_RH_OWNER: the hierarchy of the attestation key. */
const OWNER = Uint8Array.of(0x40, 0, 0, 1);
/** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign. */
const SIGNING_ATTRIBUTES = 0x00050072;
const FIRMWARE_VERSION = 0x2020_0312_0012_0003n;
const PCR_SIZE = 32;

interface Quote {
  /** TPMS_ATTEST. */
  readonly message: Uint8Array;
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  readonly signature: Uint8Array;
  /** PCR 0 first. */
  readonly pcrs: readonly Uint8Array[];
}

export interface Vtpm {
  /** Public part of the attestation key, big-endian. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  readonly read: (pcr: number) => Uint8Array;
  /** TPM2_PCR_Extend: a digest of 32 bytes, and no PCR of a dynamic launch; else `EINVAL`. */
  readonly extend: (pcr: number, digest: Uint8Array) => void;
  /** TPM2_Quote over all PCRs; the nonce is its qualifying data. */
  readonly quote: (nonce: Uint8Array) => Quote;
}

/** Qualified name of a key right below a hierarchy (part 1 §16). */
function qualifiedName(hierarchy: Uint8Array, publicArea: Uint8Array, digests: Digests): Uint8Array {
  const hash = (...parts: Uint8Array[]) =>
    concat(Uint8Array.of(0, TPM_ALG.sha256), digests.digest('sha256', concat(...parts)));
  return hash(hierarchy, hash(publicArea));
}

/** Starts a vTPM: its PCRs are zero, those of a dynamic launch all ones. */
export function startVtpm(digests: Digests): Vtpm {
  const pcrs: Uint8Array[] = PCRS.map((_, pcr) =>
    new Uint8Array(PCR_SIZE).fill(isDynamicPcr(pcr) ? 0xff : 0),
  );
  const { modulus, exponent, signPkcs1 } = rsaKey(INSECURE_TEST_KEYS.ak, digests);
  const publicArea = encode(TpmtPublicRsa, {
    ...{ type: TPM_ALG.rsa, nameAlg: TPM_ALG.sha256, attributes: SIGNING_ATTRIBUTES },
    ...{ authPolicy: new Uint8Array(0), symmetric: TPM_ALG.null },
    ...{ scheme: TPM_ALG.rsassa, schemeHash: TPM_ALG.sha256 },
    ...{ keyBits: 8 * modulus.length, exponent: 0, modulus },
  });
  const qualifiedSigner = qualifiedName(OWNER, publicArea, digests);
  const valueOf = (pcr: number): Uint8Array => {
    const value = pcrs[pcr];
    if (!value) throw new RangeError(`pcr: expected 0 to ${String(pcrs.length - 1)}, got ${String(pcr)}`);
    return value;
  };
  return {
    ...{ modulus, exponent },
    read: (pcr) => valueOf(pcr).slice(),
    extend(pcr, digest) {
      const value = valueOf(pcr);
      if (isDynamicPcr(pcr)) {
        throw new TsmError(
          'EINVAL',
          `TPM2_PCR_Extend: TPM_RC_LOCALITY: a guest cannot extend PCR ${String(pcr)}`,
        );
      }
      if (digest.length !== PCR_SIZE) {
        const sizes = `expected ${String(PCR_SIZE)} bytes, got ${String(digest.length)}`;
        throw new TsmError('EINVAL', `TPM2_PCR_Extend: TPM_RC_SIZE: ${sizes}`);
      }
      pcrs[pcr] = digests.digest('sha256', concat(value, digest));
    },
    quote(nonce) {
      const message = encode(TpmQuote, {
        ...{ magic: TPM_GENERATED, type: TPM_ST_ATTEST_QUOTE, qualifiedSigner, extraData: nonce },
        ...{
          clock: 0n,
          resetCount: 0,
          restartCount: 0,
          safe: 1,
          firmwareVersion: FIRMWARE_VERSION,
          count: 1,
        },
        pcrSelect: [{ hash: TPM_ALG.sha256, size: 3, select: Uint8Array.of(0xff, 0xff, 0xff) }],
        pcrDigest: digests.digest('sha256', concatAll(pcrs)),
      });
      return { message, signature: signPkcs1(message), pcrs: pcrs.map((pcr) => pcr.slice()) };
    },
  };
}
