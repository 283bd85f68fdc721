/** Evidence of an Azure confidential VM: the paravisor's report blob, and the JSON that carries it with a vTPM quote. */
import { fromBase64, fromHex, utf8Bytes, utf8Text, type Issue, type Place } from '@tsm/core';
import { decode, sizeOf, type Infer } from '@tsm/core/layout';
import { SNP_ISSUES } from './issues.ts';
import { byteAt, placeOf } from './json-place.ts';
import { HCL_REPORT, HclHeader, HclRuntimeData } from './layout/hcl.ts';
import { REPORT_SIZE } from './layout/report.ts';
import { TPM_GENERATED, TPM_ST_ATTEST_QUOTE, TpmQuote } from './layout/tpm-quote.ts';

/** Where the hardware report stands in the blob. */
export const HCL_REPORT_OFFSET = sizeOf(HclHeader);
const RUNTIME_OFFSET = HCL_REPORT_OFFSET + REPORT_SIZE;

export interface VtpmQuote {
  /** TPMS_ATTEST, as it was signed. */
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** SHA-256 bank, PCR 0 first. */
  readonly pcrs: readonly Uint8Array[];
  /** Undefined where the message is no quote. */
  readonly attest: Infer<typeof TpmQuote> | undefined;
}

export interface AzureEvidence {
  /** The paravisor's blob. */
  readonly hcl: Uint8Array;
  readonly runtime: Infer<typeof HclRuntimeData> | undefined;
  /** The VCEK that came with it, PEM or DER. */
  readonly vcek: Uint8Array | undefined;
  readonly quote: VtpmQuote | undefined;
  /** Where bytes stand in the JSON; undefined for the blob alone. */
  readonly places: AzurePlaces | undefined;
  readonly issues: readonly Issue[];
}

/** Byte offsets in the JSON text. */
interface AzurePlaces {
  /** Of a byte of the paravisor's blob. */
  readonly blob: (offset: number) => number;
  readonly pcr: (number: number) => number;
}

type Members = Readonly<Record<string, unknown>>;

/** Cheap: does the blob of a paravisor start here, and not one around another technology's report? */
export function isHclBlob(bytes: Uint8Array): boolean {
  const header = decode(HclHeader, bytes.subarray(0, HCL_REPORT_OFFSET)).value;
  if (header?.signature !== 'HCLA') return false;
  const runtime = decode(HclRuntimeData, bytes, { offset: Math.min(RUNTIME_OFFSET, bytes.length) }).value;
  return runtime === undefined || runtime.reportType === HCL_REPORT.SNP;
}

/** Cheap: JSON text with the members of Azure's evidence. */
export function isAzureJson(bytes: Uint8Array): boolean {
  const head = utf8Text(bytes.subarray(0, 64)).trimStart();
  if (!head.startsWith('{')) return false;
  const text = utf8Text(bytes);
  return (
    /"(?:hcl_report|report)"\s*:\s*["[]/.test(text) &&
    /"(?:tpm_quote|quote)"\s*:\s*\{/.test(text) &&
    !text.includes('"td_quote"')
  );
}

/** Bytes as JSON has them: a list of numbers, hex, base64, or text. */
function jsonBytes(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') {
    if (value.startsWith('-----BEGIN')) return utf8Bytes(value);
    return fromHex(value) ?? fromBase64(value);
  }
  if (!Array.isArray(value)) return undefined;
  const isByte = (one: unknown): one is number =>
    Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 0xff;
  return value.every(isByte) ? Uint8Array.from(value) : undefined;
}

function quoteOf(value: unknown): VtpmQuote | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Members;
  const message = jsonBytes(members['message']);
  const signature = jsonBytes(members['signature']);
  const list = members['pcrs'];
  const pcrs = Array.isArray(list) ? list.map(jsonBytes) : [];
  if (!message || !signature || pcrs.includes(undefined)) return undefined;
  const attest = decode(TpmQuote, message).value;
  const isQuote = attest?.magic === TPM_GENERATED && attest.type === TPM_ST_ATTEST_QUOTE;
  return { message, signature, pcrs: pcrs as Uint8Array[], attest: isQuote ? attest : undefined };
}

/** TPM_ALG_SHA256. */
const SHA256 = 0x000b;
const PCR_SIZE = 32;

/** The PCRs that the quote selects, by number; undefined where it is not one SHA-256 bank, or where one of them was not sent. */
export function quotedPcrs({ attest, pcrs }: VtpmQuote): ReadonlyMap<number, Uint8Array> | undefined {
  const [bank, ...others] = attest?.pcrSelect ?? [];
  if (bank?.hash !== SHA256 || others.length > 0) return undefined;
  const chosen = Array.from({ length: 8 * bank.select.length }, (_, i) => i).filter(
    (i) => ((bank.select[i >> 3] ?? 0) >> (i & 7)) & 1,
  );
  const found = new Map<number, Uint8Array>();
  for (const i of chosen) {
    const value = pcrs[i];
    if (value?.length !== PCR_SIZE) return undefined;
    found.set(i, value);
  }
  return found;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** The blob alone. */
export function readHclBlob(
  hcl: Uint8Array,
  place: Place = { path: '', offset: 0, length: hcl.length },
): AzureEvidence {
  const offset = Math.min(RUNTIME_OFFSET, hcl.length);
  const { value, issues } = decode(HclRuntimeData, hcl, { offset, path: joined(place.path, 'runtime') });
  return { hcl, runtime: value, vcek: undefined, quote: undefined, places: undefined, issues };
}

/** Members that agents name in two ways. */
const NAMES = { report: ['report', 'hcl_report'], quote: ['quote', 'tpm_quote'] } as const;

function nameOf(members: Members, kind: keyof typeof NAMES): string {
  return NAMES[kind].find((name) => (members[name] ?? undefined) !== undefined) ?? NAMES[kind][0];
}

function placesIn(json: Uint8Array, members: Members): AzurePlaces {
  return {
    blob: (offset) => byteAt(json, placeOf(json, [nameOf(members, 'report')]), offset),
    pcr: (number) => byteAt(json, placeOf(json, [nameOf(members, 'quote'), 'pcrs', number]), 0),
  };
}

/** The JSON: report blob, VCEK and vTPM quote. */
export function readAzureJson(bytes: Uint8Array): AzureEvidence {
  const place = { path: '', offset: 0, length: bytes.length };
  const refuse = (reason: string): AzureEvidence => ({
    ...{ hcl: new Uint8Array(0), runtime: undefined, vcek: undefined, quote: undefined, places: undefined },
    issues: [SNP_ISSUES.make('snp.azure', place, { reason })],
  });
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(bytes));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== 'object' || value === null) return refuse('the JSON is no object');
  const members = value as Members;
  const hcl = jsonBytes(members[nameOf(members, 'report')]);
  if (!hcl || !isHclBlob(hcl)) return refuse('report is not the blob of a paravisor');
  const given = members[nameOf(members, 'quote')];
  const quote = quoteOf(given);
  const blob = readHclBlob(hcl, { ...place, path: 'report' });
  const broken = given !== undefined && !quote?.attest;
  const issue = SNP_ISSUES.make(
    'snp.azure',
    { ...place, path: 'quote' },
    { reason: 'the quote of the vTPM cannot be read' },
  );
  return {
    ...blob,
    quote,
    places: placesIn(bytes, members),
    vcek: jsonBytes(members['vcek']),
    issues: [...blob.issues, ...(broken ? [issue] : [])],
  };
}

/** The public attestation key of the vTPM (JWK) in the runtime data; undefined where they have none. */
export function vtpmKey(claims: Uint8Array): Uint8Array | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(claims));
  } catch {
    // Claims that are no JSON name no key: the caller says that there is none.
    return undefined;
  }
  const keys = (value as Members | null)?.['keys'];
  if (!Array.isArray(keys)) return undefined;
  const key: unknown = keys.find((one: unknown) => (one as Members | null)?.['kid'] === 'HCLAkPub');
  return key === undefined ? undefined : utf8Bytes(JSON.stringify(key));
}
