/** The vTPM of an Azure VM: the report binds its key, which signs the quote. Spec: Azure confidential VM guest attestation; TPM 2.0 Library part 2. */
import { concat, equalBytes, toHex, type Digests, type SignatureVerifier } from '@tsm/core';
import { publicKeyFrom, type CheckList } from '@tsm/evidence';
import { quotedPcrs, vtpmKey, type AzureEvidence, type VtpmQuote } from '../azure.ts';
import { HCL_HASH } from '../layout/hcl.ts';
import type { AttestationReport } from '../layout/report.ts';
import { padded } from './binding.ts';

const AZURE = 'Azure confidential VM guest attestation';
const QUOTE = 'TPM 2.0 Library part 2 §10.12.1';

interface Tools {
  readonly digests: Digests;
  readonly verifier: SignatureVerifier;
}

type Hash = keyof typeof HCL_HASH;

const HASHES = new Map<number, Hash>(Object.entries(HCL_HASH).map(([name, value]) => [value, name as Hash]));

async function checkQuote(
  list: CheckList,
  quote: VtpmQuote,
  claims: Uint8Array,
  { verifier, digests }: Tools,
): Promise<void> {
  const jwk = vtpmKey(claims);
  const key = jwk && publicKeyFrom(jwk);
  const { signature, message, attest } = quote;
  const good = key !== undefined && (await verifier.verify('rsa-pkcs1-sha256', key.spki, signature, message));
  list.check('azure.quote.signature', "the quote is signed by the vTPM's attestation key", good, {
    ...{ spec: AZURE, expected: 'a signature by HCLAkPub' },
    actual: key
      ? `the signature ${good ? 'verifies' : 'does not verify'}`
      : 'no HCLAkPub in the runtime data',
  });
  const pcrs = quotedPcrs(quote);
  const actual = pcrs && digests.digest('sha256', concat(...pcrs.values()));
  const expected = attest?.pcrDigest ?? new Uint8Array(0);
  list.check('azure.pcrs', "the PCRs are the quote's", actual !== undefined && equalBytes(actual, expected), {
    ...{ spec: QUOTE, expected: toHex(expected) },
    actual: actual ? toHex(actual) : 'not one bank of SHA-256, or a selected PCR was not sent',
  });
}

/** What the paravisor says, and what its vTPM signed. */
export async function checkAzure(
  checks: CheckList,
  { runtime, quote }: AzureEvidence,
  { reportData }: AttestationReport,
  tools: Tools,
): Promise<void> {
  const list = checks.group('azure', 'vTPM of the paravisor', { spec: AZURE });
  const title = 'REPORT_DATA binds the runtime data';
  const hash = runtime && HASHES.get(runtime.hashType);
  if (!hash) {
    list.skip('azure.runtime-data', title, {
      spec: AZURE,
      remedy: 'give the whole report blob of the paravisor',
    });
    return;
  }
  const expected = padded(tools.digests.digest(hash, runtime.claims), reportData.length);
  list.equal('azure.runtime-data', title, expected, reportData, { spec: AZURE });
  if (quote) await checkQuote(list, quote, runtime.claims, tools);
  else list.notChecked('azure.quote', 'there is no quote of the vTPM: its PCRs are not known');
}
