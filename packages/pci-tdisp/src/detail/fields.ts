/** Fields of one message: the tree of its layout, with names for values and with what its byte strings hold. */
import { decode, type Layout, type Node } from '@tsm/core/layout';
import { errorName, messageName, versionText } from '../spdm/codes.ts';
import type { DecodedMessage } from '../spdm/connection.ts';
import { MeasurementBlock } from '../spdm/layout/authentication.ts';
import type { MessageContext } from '../spdm/layout/context.ts';
import { layoutOf } from '../spdm/layout/index.ts';
import { PCI_PROTOCOL, PCI_VENDOR } from '../spdm/session.ts';
import { InterfaceReport } from '../tdisp/report.ts';
import { asymText, flagText, hashText, measurementHashText, tableText } from './negotiation.ts';
import { readPciMessage } from './pci.ts';
import { operationText } from './session.ts';

type Meaning = (value: number) => string;
type Meanings = Readonly<Record<string, Meaning>>;

const EACH: Meanings = { version: versionText, code: messageName };
const CAPABILITIES = { flags: flagText };
const ALGORITHMS = {
  baseAsym: asymText,
  baseHash: hashText,
  measurementHash: measurementHashText,
};

/** What numbers of a message mean, by its code and the name of the field. */
const MEANINGS: ReadonlyMap<number, Meanings> = new Map<number, Meanings>([
  [0x7f, { param1: errorName }],
  [0xff, { param1: messageName }],
  [0xe9, { param1: operationText }],
  [0x69, { param1: operationText }],
  [0xe1, CAPABILITIES],
  [0x61, CAPABILITIES],
  [0xe3, ALGORITHMS],
  [0x63, ALGORITHMS],
]);

const childOf = (node: Node, name: string): Node | undefined =>
  node.children.find((child) => child.name === name);

function mean(node: Node | undefined, meaning: Meaning): void {
  if (typeof node?.value !== 'number') return;
  const text = meaning(node.value);
  if (text !== '') node.meaning = text;
}

/** A field without further parts: `path` is that of the field around it. */
function part(
  bytes: Uint8Array,
  around: Node,
  name: string,
  doc: string,
  offset: number,
  length: number,
): Node {
  const value = bytes.subarray(offset, offset + length);
  return { name, path: `${around.path}.${name}`, offset, length, value, doc, children: [] };
}

/** Puts structures inside of a byte string; bytes that they leave are a field of their own. */
function fill(bytes: Uint8Array, node: Node, ...inside: readonly Node[]): void {
  const end = node.offset + node.length;
  const last = inside.at(-1);
  const at = last ? last.offset + last.length : node.offset;
  node.children.push(...inside);
  if (at < end && last)
    node.children.push(part(bytes, node, 'unread', 'Bytes that no field describes', at, end - at));
}

function inside(bytes: Uint8Array, node: Node, layout: Layout<unknown>, name: string, offset: number): Node {
  const path = `${node.path}.${name}`;
  return { ...decode(layout, bytes, { offset, end: node.offset + node.length, path }).tree, name };
}

const PROTOCOLS = new Map(Object.entries(PCI_PROTOCOL).map(([name, id]) => [id as number, name]));

/** IDE_KM or TDISP behind the byte that says which. */
function fillPci(bytes: Uint8Array, root: Node): void {
  const payload = childOf(root, 'payload');
  const vendor = childOf(root, 'vendorId');
  const { standardId } = PCI_VENDOR;
  if (!payload || !(vendor?.value instanceof Uint8Array) || childOf(root, 'standardId')?.value !== standardId)
    return;
  const content = bytes.subarray(payload.offset, payload.offset + payload.length);
  const pci = readPciMessage(standardId, vendor.value, content);
  if (!pci) return;
  const protocol = part(bytes, payload, 'protocol', 'Protocol: 0 IDE_KM, 1 TDISP', payload.offset, 1);
  protocol.value = content[0];
  mean(protocol, (id) => PROTOCOLS.get(id) ?? '');
  if (!pci.layout) {
    fill(bytes, payload, protocol);
    return;
  }
  const message = inside(bytes, payload, pci.layout, 'message', payload.offset + 1);
  fill(bytes, payload, protocol, message);
  fillReport(bytes, message);
}

/** An interface report that came in one piece. */
function fillReport(bytes: Uint8Array, message: Node): void {
  const portion = childOf(message, 'portion');
  if (!portion || childOf(message, 'remainder')?.value !== 0) return;
  const report = inside(bytes, portion, InterfaceReport, 'report', portion.offset);
  const { issues } = decode(InterfaceReport, bytes, {
    offset: portion.offset,
    end: portion.offset + portion.length,
  });
  if (report.length === portion.length && issues.length === 0) fill(bytes, portion, report);
}

function fillBlocks(bytes: Uint8Array, root: Node): void {
  const record = childOf(root, 'record');
  if (!record) return;
  const end = record.offset + record.length;
  const blocks: Node[] = [];
  for (let at = record.offset; at < end;) {
    const block = inside(bytes, record, MeasurementBlock, `block[${String(blocks.length)}]`, at);
    if (block.length === 0) break;
    blocks.push(block);
    at += block.length;
  }
  fill(bytes, record, ...blocks);
}

/** Messages that hold another one, by code: its field. */
const NESTED: ReadonlyMap<number, string> = new Map([
  [0x6a, 'request'],
  [0xeb, 'response'],
  [0x6b, 'request'],
  [0x05, 'response'],
]);

/** A message of SPDM inside of another one: one level deep, whatever a peer sends. */
function fillMessage(bytes: Uint8Array, root: Node, name: string, context: MessageContext): void {
  const node = childOf(root, name);
  if (!node || node.length < 4) return;
  const layout = layoutOf(bytes[node.offset + 1] ?? 0, context);
  if (!layout) return;
  const message = inside(bytes, node, layout, 'message', node.offset);
  nameAll(bytes, message);
  fill(bytes, node, message);
}

const FILLS: ReadonlyMap<number, (bytes: Uint8Array, root: Node) => void> = new Map([
  [0x60, fillBlocks],
  [0xfe, fillPci],
  [0x7e, fillPci],
]);

/** Takes out the fields that this version or request does not have: they are no bytes. */
function prune({ children }: Node): void {
  const there = children.filter(({ length }) => length > 0);
  children.splice(0, children.length, ...there);
  for (const child of there) prune(child);
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Names for values, and what is inside byte strings. */
function nameAll(bytes: Uint8Array, root: Node): void {
  const code = childOf(root, 'code')?.value;
  if (!isNumber(code)) return;
  const rows = { ...EACH, ...MEANINGS.get(code) };
  for (const child of root.children) {
    const meaning = rows[child.name];
    if (meaning) mean(child, meaning);
    if (child.name === 'entries')
      for (const entry of child.children) mean(entry, (one) => versionText(one >> 8));
    if (child.name === 'tables') for (const table of child.children) nameTable(table);
  }
  FILLS.get(code)?.(bytes, root);
}

function nameTable(table: Node): void {
  const type = childOf(table, 'type')?.value;
  if (isNumber(type)) mean(childOf(table, 'algorithms'), (mask) => tableText(type, mask));
}

/**
 * The fields of a message as its connection read it; offsets are in the message. `context`: what layouts of messages inside
 * of it need to know. Undefined for a code without a layout.
 */
export function fieldsOf({ bytes, code, tree }: DecodedMessage, context: MessageContext): Node | undefined {
  if (!tree) return undefined;
  nameAll(bytes, tree);
  const nested = NESTED.get(code);
  if (nested !== undefined) fillMessage(bytes, tree, nested, context);
  prune(tree);
  return tree;
}
