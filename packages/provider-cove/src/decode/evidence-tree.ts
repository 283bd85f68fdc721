/** The tree of CoVE evidence: CBOR and DER by the names of their parts, nested as they stand in each other. */
import type { Node } from '@tsm/core';
import { cborNode, parseDer, readCbor, type CborItem, type Certificate } from '@tsm/evidence';
import { CERTIFICATE_NAMES as X509_NAMES, derNode, TCB_INFO_NAMES } from './der-tree.ts';
import { CERTIFICATE_NAMES, EVIDENCE_NAMES } from './names.ts';
import { uccsIn } from './spec-evidence.ts';
import { DICE_OID } from './tcb-info.ts';

/** What was read, to build a tree of. */
export interface TreeSource {
  readonly bytes: Uint8Array;
  readonly item?: CborItem;
  readonly certificate?: Certificate;
}

/** The node with another path in front of every path in it. */
function under(parent: string, node: Node): Node {
  const path = node.path === '' ? parent : `${parent}.${node.path}`;
  return { ...node, path, children: node.children.map((child) => under(parent, child)) };
}

/** The leaf whose content is these bytes to its end. */
function leafOver(node: Node, offset: number, end: number): Node | undefined {
  if (node.children.length === 0)
    return node.offset <= offset && node.offset + node.length === end ? node : undefined;
  for (const child of node.children) {
    const found =
      child.offset <= offset && end <= child.offset + child.length ? leafOver(child, offset, end) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Puts what an OCTET STRING holds under its node; `before` bytes of it come first. */
function attach(root: Node, offset: number, inner: Node): void {
  const leaf = leafOver(root, offset, inner.offset + inner.length);
  if (!leaf) return;
  const { path } = leaf;
  leaf.children.push(
    {
      ...{ name: 'header', path: `${path}.header`, offset: leaf.offset, length: inner.offset - leaf.offset },
      ...{ value: undefined, doc: 'Identifier and length octets', children: [] },
    },
    under(`${path}.content`, { ...inner, name: 'content' }),
  );
}

/** What the extension of a certificate holds: a UCCS, or TcbInfo. */
function extensionTree(certificate: Certificate): Node | undefined {
  const { extensions, der } = certificate;
  const at = (value: Uint8Array): number => value.byteOffset - der.byteOffset;
  const uccs = extensions.get(DICE_OID.uccsEvidence);
  if (uccs) {
    const { uccs: bytes, offset } = uccsIn(uccs.value);
    const place = { path: '', offset: at(uccs.value) + offset, length: bytes.length };
    const { item, length } = readCbor(bytes, place);
    return item && length === bytes.length ? cborNode(item, EVIDENCE_NAMES, 'UCCS') : undefined;
  }
  for (const oid of [DICE_OID.arc, DICE_OID.tcbInfo, DICE_OID.multiTcbInfo]) {
    const extension = extensions.get(oid);
    const value = extension && parseDer(extension.value).value;
    if (value && value.length === extension.value.length) {
      const names = oid === DICE_OID.multiTcbInfo ? {} : TCB_INFO_NAMES;
      return derNode(value, { name: 'TcbInfo', path: '', base: at(extension.value) }, names);
    }
  }
  return undefined;
}

function unread({ length }: Uint8Array, title: string): Node {
  return {
    name: title,
    path: '',
    offset: 0,
    length,
    value: undefined,
    doc: 'Bytes that could not be read',
    children: [],
  };
}

/** Never throws on data; what cannot be read is one leaf. */
export function evidenceTree({ source }: { readonly source: TreeSource }): Node {
  const { bytes, item, certificate } = source;
  if (item) {
    const sign1 = item.kind === 'array' || (item.kind === 'tag' && item.tag === 18);
    return cborNode(item, sign1 ? CERTIFICATE_NAMES : EVIDENCE_NAMES, 'CoVE evidence');
  }
  const whole = certificate && parseDer(certificate.der).value;
  if (!whole) return unread(bytes, 'CoVE evidence');
  const root = derNode(whole, { name: 'Certificate', path: '', base: 0 }, X509_NAMES);
  const inner = extensionTree(certificate);
  if (inner) attach(root, inner.offset, inner);
  return root;
}
