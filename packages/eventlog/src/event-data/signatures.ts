/** Keys and hashes of UEFI Secure Boot: EFI_SIGNATURE_LIST and EFI_SIGNATURE_DATA. Source: UEFI 2.10 §32.4.1. */
import { field, guid, rest, sizeOf, struct, u32le } from '@tsm/core/layout';
import type { Reading } from './reading.ts';
import { counted } from './text.ts';

const SPEC = 'UEFI 2.10 §32.4.1';

/** Real revocation lists have some hundred entries. */
const MAX_SIGNATURES = 4096;

export const EFI_SIGNATURE_LIST = struct('EFI_SIGNATURE_LIST', SPEC, {
  signatureType: field(guid, 'What the signatures are'),
  signatureListSize: field(u32le, 'Size of the list in bytes, this header included'),
  signatureHeaderSize: field(u32le, 'Size of the header of the signatures'),
  signatureSize: field(u32le, 'Size of each signature, its owner included'),
});

export const EFI_SIGNATURE_DATA = struct('EFI_SIGNATURE_DATA', SPEC, {
  signatureOwner: field(guid, 'Who added the signature'),
  signatureData: field(rest, 'Certificate or hash'),
});

const SIGNATURE_HEADER = struct('EFI_SIGNATURE_HEADER', SPEC, {
  header: field(rest, 'Header of the signatures'),
});
const HEADER_SIZE = sizeOf(EFI_SIGNATURE_LIST);

/** Names of the signature types (UEFI 2.10 §32.4.1, "Related Definitions"). */
export const SIGNATURE_TYPES: ReadonlyMap<string, string> = new Map([
  ['a5c059a1-94e4-4aa7-87b5-ab155c2bf072', 'X.509 certificate'],
  ['c1c41626-504c-4092-aca9-41f936934328', 'SHA-256 hash'],
  ['ff3e5307-9fd0-48c9-85f1-8ad56c701e01', 'SHA-384 hash'],
  ['093e0fae-a6c4-4f50-9f1b-d41e2b89c19a', 'SHA-512 hash'],
  ['0b6e5233-a65c-44c9-9407-d9ab83bfc8bd', 'SHA-224 hash'],
  ['826ca512-cf10-4ac9-b187-be01496631bd', 'SHA-1 hash'],
  ['3bd2a492-96c0-4079-b420-fcf98ef103ed', 'SHA-256 hash of a certificate'],
  ['7076876e-80c2-4ee6-aad2-28b349a6865b', 'SHA-384 hash of a certificate'],
  ['446dbf63-2502-4cda-bcfa-2465d2b0fe9d', 'SHA-512 hash of a certificate'],
  ['3c5766e8-269c-4e34-aa14-ed776e85b3b6', 'RSA-2048 key'],
  ['4aafd29d-68df-49ee-8aa9-347d375665a7', 'PKCS #7 signature'],
]);

export interface Signature {
  readonly signatureOwner: string;
  readonly signatureData: Uint8Array;
}

export interface SignatureList {
  readonly signatureType: string;
  /** `X.509 certificate`, or the GUID where no name is known. */
  readonly typeName: string;
  readonly signatures: readonly Signature[];
}

/** Reads one list; undefined where its sizes contradict each other or the data ends. */
function readList(reading: Reading): SignatureList | undefined {
  const start = reading.left;
  const head = reading.read(EFI_SIGNATURE_LIST);
  if (!head) return undefined;
  const { signatureType, signatureListSize, signatureHeaderSize, signatureSize } = head;
  const body = signatureListSize - HEADER_SIZE - signatureHeaderSize;
  const why =
    signatureListSize > start
      ? `it says ${counted(signatureListSize, 'byte')}, ${counted(start, 'byte')} are left`
      : body < 0
        ? `${counted(signatureListSize, 'byte')} do not hold its headers`
        : signatureSize < 16 || body % signatureSize !== 0
          ? `signatures of ${counted(signatureSize, 'byte')} do not fill ${counted(body, 'byte')}`
          : undefined;
  if (why !== undefined) {
    reading.issue('event.signature-list', { why });
    return undefined;
  }
  if (signatureHeaderSize > 0)
    reading.window('signatureHeader', signatureHeaderSize, 'Header', () => reading.read(SIGNATURE_HEADER));
  const signatures: Signature[] = [];
  const count = Math.min(body / signatureSize, MAX_SIGNATURES);
  for (let i = 0; i < count; i++) {
    const one = reading.window(`signatures[${String(i)}]`, signatureSize, 'Signature', () =>
      reading.read(EFI_SIGNATURE_DATA),
    );
    if (one) signatures.push(one);
  }
  if (body / signatureSize > count) {
    reading.issue('event.too-many', { what: 'signatures', max: MAX_SIGNATURES });
    reading.leaf('unread', body - count * signatureSize, 'Signatures that were not decoded', undefined);
  }
  return { signatureType, typeName: SIGNATURE_TYPES.get(signatureType) ?? signatureType, signatures };
}

/** Reads the signature lists in the present window; ends at the first that cannot be used. */
export function readSignatureLists(reading: Reading): SignatureList[] {
  const lists: SignatureList[] = [];
  let total = 0;
  while (reading.left > 0) {
    if (total >= MAX_SIGNATURES) {
      reading.issue('event.too-many', { what: 'signatures', max: MAX_SIGNATURES });
      break;
    }
    const list = reading.child(`[${String(lists.length)}]`, 'Signature list', () => readList(reading));
    if (!list) break;
    lists.push(list);
    total += Math.max(1, list.signatures.length);
  }
  reading.skip();
  return lists;
}

/** `2 X.509 certificates, 77 SHA-256 hashes`. */
export function signatureSummary(lists: readonly SignatureList[]): string {
  const counts = new Map<string, number>();
  for (const { typeName, signatures } of lists)
    counts.set(typeName, (counts.get(typeName) ?? 0) + signatures.length);
  return [...counts].map(([name, count]) => plural(count, name)).join(', ');
}

function plural(count: number, name: string): string {
  const word = name.replace(/^(\S+ hash)( of a certificate)?$/, '$1es$2');
  if (count === 1) return `1 ${name}`;
  return word === name ? counted(count, name) : `${String(count)} ${word}`;
}

/** One DER SEQUENCE with a two-byte length that fills the bytes: what a certificate looks like. */
export function looksLikeCertificate(bytes: Uint8Array): boolean {
  const [tag, form, high = 0, low = 0] = bytes;
  return tag === 0x30 && form === 0x82 && ((high << 8) | low) + 4 === bytes.length;
}
