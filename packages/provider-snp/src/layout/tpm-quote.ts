/** What a vTPM signs for a quote. Spec: TCG TPM 2.0 Library part 2, §10.12.12 (TPMS_ATTEST), §10.12.1 (TPMS_QUOTE_INFO). */
import { array, bytes, field, prefixed, rest, struct, u16be, u32be, u64be, u8 } from '@tsm/core/layout';

const SPEC = 'TPM 2.0 Library part 2';

export const TPM_GENERATED = 0xff544347;
export const TPM_ST_ATTEST_QUOTE = 0x8018;

export const TpmPcrSelection = struct('TpmPcrSelection', `${SPEC} §10.6.2, TPMS_PCR_SELECTION`, {
  hash: field(u16be, 'Algorithm of the bank'),
  size: field(u8, 'Size of the bit map'),
  select: field(bytes('size'), 'One bit for each PCR'),
});

export const TpmQuote = struct('TpmQuote', `${SPEC} §10.12.12, TPMS_ATTEST`, {
  magic: field(u32be, 'TPM_GENERATED_VALUE, 0xff544347'),
  type: field(u16be, 'TPM_ST_ATTEST_QUOTE, 0x8018'),
  qualifiedSigner: field(prefixed(u16be, rest), 'Name of the signing key'),
  extraData: field(prefixed(u16be, rest), 'What the caller asked to be bound'),
  clock: field(u64be, 'Milliseconds that the TPM was powered'),
  resetCount: field(u32be, 'How often it was reset'),
  restartCount: field(u32be, 'How often it was restarted'),
  safe: field(u8, 'Whether the clock never went back'),
  firmwareVersion: field(u64be, 'Version of the TPM firmware'),
  count: field(u32be, 'How many selections of PCRs'),
  pcrSelect: field(array(TpmPcrSelection, 'count'), 'Selected PCRs'),
  pcrDigest: field(prefixed(u16be, rest), 'Digest of the selected PCRs'),
});
