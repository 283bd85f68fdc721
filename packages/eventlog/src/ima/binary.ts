/**
 * The IMA measurement list in binary form, in either byte order and with hashes of any size.
 * Source: linux-integrity/ima-doc, event-log-format; Linux, `/sys/kernel/security/ima/binary_runtime_measurements`.
 */
import { concat, concatAll, latin1Bytes, latin1Text, type AlgorithmName, type Issue } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { RecordList, tailAt, type LogRecord } from '../records/record-log.ts';
import type { ImaEvent } from './ascii.ts';
import { banksOf, HASHES, imaRecord, noteEntry, type Entry, type ImaOptions, type Reading } from './entry.ts';
import { FIRST_TEMPLATE, firstData, firstParts, isKnownTemplate } from './template.ts';

const NAME = /^[a-z][a-z0-9|_-]*$/;
const MAX_NAME = 64;
const MAX_PCR = 23;
const FIRST_DIGEST = 20;

/** Byte order and size of the hashes: the same for a whole list. */
export interface ImaBinaryForm {
  /** Default true. */
  readonly little?: boolean;
  /** Default 20. */
  readonly hashSize?: number;
}

type Form = Required<ImaBinaryForm>;
const FORMS: readonly Form[] = [true, false].flatMap((little) =>
  [...HASHES.keys()].map((hashSize) => ({ little, hashSize })),
);

function u32At(bytes: Uint8Array, at: number, little: boolean): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, little);
}

/** Could an entry of this form begin the bytes? */
function fits(bytes: Uint8Array, { little, hashSize }: Form): boolean {
  const at = 4 + hashSize;
  if (bytes.length < at + 5 || u32At(bytes, 0, little) > MAX_PCR) return false;
  const length = u32At(bytes, at, little);
  if (length === 0 || length > MAX_NAME || at + 4 + length > bytes.length) return false;
  const name = latin1Text(bytes.subarray(at + 4, at + 4 + length));
  return NAME.test(name) && (isKnownTemplate(name) || name.startsWith('ima'));
}

/** The form of a binary list, or undefined. */
function formOf(bytes: Uint8Array): Form | undefined {
  return FORMS.find((form) => fits(bytes, form));
}

export const isImaBinary = (bytes: Uint8Array): boolean => formOf(bytes) !== undefined;

/** An entry and its end, or where the bytes end too early and inside what. */
type Found = (Entry & { readonly end: number }) | { readonly cut: string; readonly at: number };

function entryAt(bytes: Uint8Array, start: number, { little, hashSize }: Form): Found {
  const nameAt = start + 8 + hashSize;
  if (nameAt > bytes.length) return { cut: 'the head of an entry', at: start };
  const lengthAt = nameAt + u32At(bytes, nameAt - 4, little);
  if (lengthAt > bytes.length) return { cut: 'the name of a template', at: nameAt };
  const template = latin1Text(bytes.subarray(nameAt, Math.min(lengthAt, nameAt + MAX_NAME)));
  const head = {
    register: u32At(bytes, start, little),
    template,
    hash: bytes.subarray(start + 4, start + 4 + hashSize),
    hashOffset: start + 4,
    little,
  };
  if (template === FIRST_TEMPLATE) return firstEntry(bytes, lengthAt, head);
  if (lengthAt + 4 > bytes.length) return { cut: 'the length of template data', at: lengthAt };
  const dataOffset = lengthAt + 4;
  const end = dataOffset + u32At(bytes, lengthAt, little);
  if (end > bytes.length) return { cut: 'template data', at: dataOffset };
  const data = bytes.subarray(dataOffset, end);
  return { ...head, data: [data], dataOffset, exact: true, end };
}

function firstEntry(
  bytes: Uint8Array,
  at: number,
  head: Pick<Entry, 'register' | 'template' | 'hash' | 'hashOffset' | 'little'>,
): Found {
  const nameAt = at + FIRST_DIGEST + 4;
  if (nameAt > bytes.length) return { cut: 'the digest of a file', at };
  const end = nameAt + u32At(bytes, nameAt - 4, head.little);
  if (end > bytes.length) return { cut: 'the name of a file', at: nameAt };
  const data = firstData(bytes.subarray(at, at + FIRST_DIGEST), bytes.subarray(nameAt, end));
  return { ...head, data: [data], dataOffset: -1, exact: true, end };
}

/** Decodes the list. `bank`: a bank to replay beside that of the list. */
export function decodeImaBinary(
  bytes: Uint8Array,
  { rule = 'template-data', numbering }: ImaOptions = {},
  bank?: AlgorithmName,
  before: readonly Issue[] = [],
): EventLog {
  const list = new RecordList();
  const form = formOf(bytes) ?? { little: true, hashSize: 20 };
  const rtmr =
    numbering === 'rtmr' ||
    (numbering === undefined && bytes.length >= 4 && u32At(bytes, 0, form.little) < 4);
  const reading: Reading = { numbering: rtmr ? 'ccMr' : 'pcr', rule, bank };
  let at = 0;
  while (at < bytes.length) {
    const found = entryAt(bytes, at, form);
    if ('cut' in found) {
      list.note('record.truncated', { what: found.cut }, '', found.at, bytes.length - found.at);
      break;
    }
    noteEntry(found, reading, list.note, at, found.end);
    list.push(at, found.end, banksOf(found, reading));
    at = found.end;
  }
  const read = (start: number): LogRecord | undefined => {
    const found = entryAt(bytes, start, form);
    return 'cut' in found ? undefined : imaRecord(found, reading);
  };
  const tail = tailAt(bytes, at);
  return list.log({ format: 'ima-binary', bytes, numbering: reading.numbering, tail, read }, before);
}

function u32(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

/** Writes a list as the kernel does. The lengths inside template data are the caller's, in the same byte order. */
export function encodeImaBinary(
  events: readonly ImaEvent[],
  { little = true }: ImaBinaryForm = {},
): Uint8Array {
  const entries = events.map(({ register, template, hash, data }) => {
    const name = latin1Bytes(template);
    const head = concat(u32(register, little), hash, u32(name.length, little), name);
    if (template !== FIRST_TEMPLATE) return concat(head, u32(data.length, little), data);
    const { digest, name: path } = firstParts(data);
    return concat(head, digest, u32(path.length, little), path);
  });
  return concatAll(entries);
}
