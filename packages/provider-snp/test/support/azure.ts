/** Azure evidence around any report: a paravisor's blob with a vTPM key, and a quote by it. Made with node:crypto. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { concat, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { HclHeader, HclRuntimeData, TpmQuote } from '../../src/layout/index.ts';

/** Any key will do: the verifier learns it from the runtime data. */
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'HCLAkPub' };

/** What a report must bind so that the evidence around it holds. */
const CLAIMS = utf8Bytes(JSON.stringify({ keys: [jwk], 'vm-configuration': {} }));
export const CLAIMS_HASH = new Uint8Array(createHash('sha256').update(CLAIMS).digest());

const NONCE = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const PCRS = Array.from({ length: 24 }, (_, i) => new Uint8Array(32).fill(i));

export interface AzureParts {
  readonly hcl: Uint8Array;
  readonly json: Uint8Array;
  readonly nonce: Uint8Array;
}

/** `edit` may change the JSON before it is written. */
export function azureEvidence(
  report: Uint8Array,
  vcek?: string,
  edit: (evidence: Record<string, unknown>) => void = () => undefined,
): AzureParts {
  const header = encode(HclHeader, {
    ...{ signature: 'HCLA', version: 2, reportSize: report.length, requestType: 2, status: 0 },
    reserved: new Uint8Array(12),
  });
  const runtime = encode(HclRuntimeData, {
    ...{ size: 20 + CLAIMS.length, version: 1, reportType: 2, hashType: 1 },
    ...{ claimsSize: CLAIMS.length, claims: CLAIMS },
  });
  const hcl = concat(header, report, runtime);
  const pcrDigest = new Uint8Array(
    createHash('sha256')
      .update(concat(...PCRS))
      .digest(),
  );
  const message = encode(TpmQuote, {
    ...{ magic: 0xff544347, type: 0x8018, qualifiedSigner: new Uint8Array(34), extraData: NONCE },
    ...{ clock: 1n, resetCount: 0, restartCount: 0, safe: 1, firmwareVersion: 1n, count: 1 },
    pcrSelect: [{ hash: 0x000b, size: 3, select: Uint8Array.of(0xff, 0xff, 0xff) }],
    pcrDigest,
  });
  const quote = {
    message: [...message],
    signature: [...sign('sha256', message, key)],
    pcrs: PCRS.map((pcr) => [...pcr]),
  };
  const evidence: Record<string, unknown> = {
    quote,
    report: [...hcl],
    ...(vcek === undefined ? {} : { vcek }),
  };
  edit(evidence);
  return { hcl, json: utf8Bytes(JSON.stringify(evidence)), nonce: NONCE };
}
