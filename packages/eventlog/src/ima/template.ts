/**
 * IMA templates: the fields of each, as template data, as text, and in words. The template hash is of the data, but for
 * the first template, which pads the name. Source: linux-integrity/ima-doc, event-log-format; Linux, IMA template fields.
 */
import { concat, concatAll, fromHex, latin1Bytes, latin1Text, toHex } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import { hexTitle, titleText } from '../event-data/text.ts';
import { utf8Text } from '@tsm/core';

/** One kind of field: its bytes from text, undefined where the text is none, and back. */
interface FieldKind {
  readonly read: (text: string) => Uint8Array | undefined;
  readonly show: (bytes: Uint8Array) => string;
}

const NUL = new Uint8Array(1);
const FIRST_DIGEST = 20;
const FIRST_NAME = 256;

const hexKind: FieldKind = { read: fromHex, show: toHex };
const stringKind: FieldKind = {
  read: (text) => (text === '' ? new Uint8Array(0) : concat(latin1Bytes(text), NUL)),
  show: (bytes) => latin1Text(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes),
};

/** `sha256:<hex>`, in bytes `sha256:`, NUL, digest; with a type before it in the second version. */
const digestKind: FieldKind = {
  read: (text) => {
    const [, prefix, hex = ''] = /^((?:[\w-]+:){1,2})([0-9a-f]+)$/i.exec(text) ?? [];
    const digest = fromHex(hex);
    if (text === '') return new Uint8Array(0);
    return prefix === undefined || !digest ? undefined : concat(latin1Bytes(prefix), NUL, digest);
  },
  show: (bytes) => {
    const end = bytes.indexOf(0);
    return end < 0 ? toHex(bytes) : latin1Text(bytes.subarray(0, end)) + toHex(bytes.subarray(end + 1));
  },
};

/** A signature says its kind in the first byte: 1…6. A word that merely looks like hex is more likely part of a name. */
const signatureKind: FieldKind = {
  read: (text) => (text === '' || /^0[1-6]/.test(text) ? fromHex(text) : undefined),
  show: toHex,
};

/** A little-endian number of this many bytes, in decimal. */
function numberKind(size: number): FieldKind {
  return {
    read: (text) => {
      if (text === '') return new Uint8Array(0);
      const value = Number(text);
      if (!/^\d{1,10}$/.test(text) || value >= 2 ** (8 * size)) return undefined;
      return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)));
    },
    show: (bytes) =>
      bytes.length === 0 ? '' : String(bytes.reduceRight((sum, byte) => 256 * sum + byte, 0)),
  };
}

const FIELDS = {
  d: hexKind,
  n: stringKind,
  'd-ng': digestKind,
  'd-ngv2': digestKind,
  'n-ng': stringKind,
  sig: signatureKind,
  buf: hexKind,
  'd-modsig': digestKind,
  modsig: hexKind,
  evmsig: signatureKind,
  xattrnames: stringKind,
  xattrlengths: hexKind,
  xattrvalues: hexKind,
  iuid: numberKind(4),
  igid: numberKind(4),
  imode: numberKind(2),
} as const satisfies Record<string, FieldKind>;
type FieldName = keyof typeof FIELDS;

/** Templates by name. The second field of each is the name of what was measured. */
const TEMPLATES: ReadonlyMap<string, readonly FieldName[]> = new Map<string, readonly FieldName[]>([
  ['ima', ['d', 'n']],
  ['ima-ng', ['d-ng', 'n-ng']],
  ['ima-sig', ['d-ng', 'n-ng', 'sig']],
  ['ima-buf', ['d-ng', 'n-ng', 'buf']],
  ['ima-modsig', ['d-ng', 'n-ng', 'sig', 'd-modsig', 'modsig']],
  ['ima-ngv2', ['d-ngv2', 'n-ng']],
  ['ima-sigv2', ['d-ngv2', 'n-ng', 'sig']],
  [
    'evm-sig',
    ['d-ng', 'n-ng', 'evmsig', 'xattrnames', 'xattrlengths', 'xattrvalues', 'iuid', 'igid', 'imode'],
  ],
]);

/** The first template has a form of its own everywhere. */
export const FIRST_TEMPLATE = 'ima';

export const isKnownTemplate = (name: string): boolean => TEMPLATES.has(name);

function u32(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

/** Template data of the first template: digest, then the name padded with zeros. */
export function firstData(digest: Uint8Array, name: Uint8Array): Uint8Array {
  return concat(digest, name, new Uint8Array(Math.max(0, FIRST_NAME - name.length)));
}

/** Digest and name of {@link firstData}. */
export function firstParts(data: Uint8Array): { digest: Uint8Array; name: Uint8Array } {
  const end = data.indexOf(0, FIRST_DIGEST);
  return {
    digest: data.subarray(0, FIRST_DIGEST),
    name: data.subarray(FIRST_DIGEST, end < 0 ? data.length : end),
  };
}

/** The values of the fields in template data; undefined where they are not those of the template. */
function splitData(name: string, data: Uint8Array, little: boolean): readonly Uint8Array[] | undefined {
  const fields = TEMPLATES.get(name);
  if (!fields) return undefined;
  if (name === FIRST_TEMPLATE) {
    const { digest, name: path } = firstParts(data);
    return data.length < FIRST_DIGEST + FIRST_NAME ? undefined : [digest, concat(path, NUL)];
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const values: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < fields.length; i++) {
    if (at + 4 > data.length) return undefined;
    const end = at + 4 + view.getUint32(at, little);
    if (end > data.length) return undefined;
    values.push(data.subarray(at + 4, end));
    at = end;
  }
  return at === data.length ? values : undefined;
}

function joinData(name: string, values: readonly Uint8Array[]): Uint8Array {
  const [digest = NUL, path = NUL] = values;
  if (name === FIRST_TEMPLATE) return firstData(digest, path.subarray(0, -1));
  return concatAll(values.flatMap((value) => [u32(value.length, true), value]));
}

/** The offset of the last blank before `end`, or −1. */
const blankBefore = (text: string, end: number): number => (end > 0 ? text.lastIndexOf(' ', end - 1) : -1);

/** The data of fields written as text: digest, name, and what comes after the name. */
function dataOfFields(name: string, fields: readonly FieldName[], texts: readonly string[]) {
  if (texts[1] === '') return undefined;
  const values = fields.map((field, i) => FIELDS[field].read(texts[i] ?? ''));
  const [digest] = values;
  if (name === FIRST_TEMPLATE && digest?.length !== FIRST_DIGEST) return undefined;
  return values.every((value) => value !== undefined) && digest?.length !== 0
    ? joinData(name, values)
    : undefined;
}

/**
 * Template data from the text of a line, the likeliest first: a name may hold blanks, and some tools cut those at the end
 * of a line. Empty where the fields are not those of the template.
 */
export function dataOfText(name: string, text: string): Uint8Array[] {
  const fields = TEMPLATES.get(name);
  const first = text.indexOf(' ');
  if (!fields || first < 0) return [];
  // With each step the name is a word shorter, and there is a field more after it.
  const after: string[] = [];
  const found: Uint8Array[] = [];
  let end = text.length;
  for (let count = 0; count <= fields.length - 2; count++) {
    const data = dataOfFields(name, fields, [text.slice(0, first), text.slice(first + 1, end), ...after]);
    if (data) found.unshift(data);
    const blank = blankBefore(text, end);
    if (blank <= first) break;
    after.unshift(text.slice(blank + 1, end));
    end = blank;
  }
  return found;
}

/** The text of template data as the kernel writes it; undefined for data that is not of the template. */
export function textOfData(name: string, data: Uint8Array, little = true): string | undefined {
  const values = splitData(name, data, little);
  const fields = TEMPLATES.get(name);
  return values && fields?.map((field, i) => FIELDS[field].show(values[i] ?? NUL)).join(' ');
}

/** An entry in words. */
export function imaContent(name: string, data: Uint8Array, violation: boolean, little = true): EventContent {
  const values = splitData(name, data, little);
  const fields: Record<string, unknown> = { templateName: name };
  for (const [i, field] of (TEMPLATES.get(name) ?? []).entries())
    if (values) fields[field] = FIELDS[field].show(values[i] ?? NUL);
  if (!values) fields['data'] = data;
  const path = values?.[1];
  const title = path ? utf8Text(path.at(-1) === 0 ? path.subarray(0, -1) : path) : textOrHex(data);
  return {
    kind: 'ima',
    title: titleText(violation ? `violation: ${title}` : title),
    fields,
    tree: undefined,
    issues: [],
  };
}

/** The fields of an unknown template: text in the list of lines, bytes in the binary one. */
function textOrHex(data: Uint8Array): string {
  const text = utf8Text(data.subarray(0, 256));
  // eslint-disable-next-line no-control-regex -- text holds none of these
  return text === '' || /[\u0000-\u001f\ufffd]/.test(text) ? hexTitle(data) : text;
}
