/** DER for people: certificates and lists as trees of named byte ranges. Source: ITU-T X.690; RFC 5280 §4.1, §5.1. */
import { printable, toHex } from '@tsm/core';
import type { Node } from '@tsm/core/layout';
import { OID, SIGNATURE_ALGORITHMS } from '../keys/algorithms.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Crl } from '../x509/crl.ts';
import { attempt, parseDer } from './der.ts';
import { DerReader, TAG, type Tlv } from './der-reader.ts';
import { EXTENSION } from '../x509/extension-list.ts';
import { ATTRIBUTE_TYPES } from '../x509/name.ts';
import type { PartRange } from '../x509/signed.ts';

/** What object identifiers are called. */
const OID_NAMES = new Map<string, string>([
  ...Object.entries({ ...ATTRIBUTE_TYPES, ...EXTENSION, ...OID }).map(([name, oid]) => [oid, name] as const),
  ...Object.entries(SIGNATURE_ALGORITHMS)
    .filter(([, { parameters }]) => typeof parameters === 'string')
    .map(([name, { oid }]) => [oid, name] as const),
]);

const TYPE_NAMES = new Map<number, string>(
  Object.entries(TAG).map(([name, tag]) => [tag, name.toLowerCase().replaceAll('_', ' ')]),
);

const MAX_DEPTH = 40;
const CONSTRUCTED = 0x20;

/** Names of values by the offset where they start. */
type Names = ReadonlyMap<number, string>;

/** One tree: where its bytes stand, and what its values are called. */
interface Source {
  readonly reader: DerReader;
  readonly base: number;
  readonly names: Names;
}

function typeName(tag: number): string {
  const type = TYPE_NAMES.get(tag);
  return type ?? (tag >= TAG.CONTEXT ? `[${String(tag & 0x1f)}]` : `tag 0x${tag.toString(16)}`);
}

/** Value and meaning of a primitive. */
function primitive(view: Uint8Array, content: Uint8Array): Pick<Node, 'value' | 'meaning'> {
  const { value } = parseDer(view);
  if (value?.kind === 'oid') {
    const meaning = OID_NAMES.get(value.value);
    return { value: value.value, ...(meaning !== undefined && { meaning }) };
  }
  if (value?.kind === 'text') return { value: printable(value.value) };
  if (value?.kind === 'time') return { value: value.value.toISOString() };
  if (value?.kind === 'integer' && content.length > 6) return { value: toHex(content) };
  return { value: value?.kind === 'boolean' || value?.kind === 'integer' ? value.value : content };
}

/** DER inside an OCTET STRING, as extensions have it. */
function wrapped(reader: DerReader, tlv: Tlv): DerReader | undefined {
  const inner = reader.into(tlv);
  const whole = attempt(() => inner.next().end === tlv.end).value;
  return whole === true && reader.bytes[tlv.content] === TAG.SEQUENCE ? reader.into(tlv) : undefined;
}

function childrenOf(source: Source, tlv: Tlv, path: string, depth: number): Node[] {
  const { reader, base } = source;
  const inner =
    tlv.tag & CONSTRUCTED
      ? reader.into(tlv)
      : tlv.tag === TAG.OCTET_STRING
        ? wrapped(reader, tlv)
        : undefined;
  if (!inner || depth > MAX_DEPTH || tlv.content === tlv.end) return [];
  const children: Node[] = [];
  for (let i = 0; inner.more; i++) {
    const child = attempt(() => inner.next()).value;
    // What is no DER inside stays the bytes that it is.
    if (!child) return [];
    children.push(nodeOf(source, child, path, i, depth + 1));
  }
  const length = tlv.content - tlv.start;
  const head = { name: 'head', path: `${path}.head`, offset: base + tlv.start, length };
  return [{ ...head, value: typeName(tlv.tag), doc: 'Tag and length', children: [] }, ...children];
}

function nodeOf(source: Source, tlv: Tlv, parent: string, index: number, depth: number): Node {
  const { reader, base, names } = source;
  const name = names.get(tlv.start) ?? `[${String(index)}]`;
  const path = parent === '' || name.startsWith('[') ? `${parent}${name}` : `${parent}.${name}`;
  const children = childrenOf(source, tlv, path, depth);
  const own = children.length > 0 ? { value: undefined } : primitive(reader.view(tlv), reader.contentOf(tlv));
  const range = { offset: base + tlv.start, length: tlv.end - tlv.start };
  return { name, path, ...range, ...own, doc: typeName(tlv.tag), children };
}

/** The tree of the first DER value; undefined where there is none. `offset`: where the bytes stand in their input. */
export function derNode(
  der: Uint8Array,
  title = 'DER',
  offset = 0,
  names: Names = new Map(),
): Node | undefined {
  const reader = new DerReader(der);
  const tlv = attempt(() => reader.next()).value;
  if (!tlv) return undefined;
  return { ...nodeOf({ reader, base: offset, names }, tlv, '', 0, 0), name: title };
}

function named(parts: Readonly<Record<string, PartRange | undefined>>): Names {
  return new Map(Object.entries(parts).flatMap(([name, range]) => (range ? [[range.offset, name]] : [])));
}

/** A certificate or a list for display. Offsets are those of the file where it stands there as DER, else (PEM) of the DER. */
export function certificateNode({ der, place, parts }: Certificate | Crl, title: string): Node | undefined {
  const asDer = place.length === der.length;
  const names = new Map([...named(parts), [0, title]]);
  return derNode(der, title, asDer ? place.offset : 0, names);
}
