/** DER as a tree of named byte ranges, for display: every byte of the input is in one leaf. */
import type { Node } from '@tsm/core';
import type { DerValue } from '@tsm/evidence';

/** Names of the parts of a structure: by position, or by context tag as `[n]`. */
export interface DerNames {
  readonly [part: string]: string | { readonly name: string; readonly inner: DerNames };
}

const EXTENSION: DerNames = { 0: 'extnID' };

/** RFC 5280 §4.1. */
export const CERTIFICATE_NAMES: DerNames = {
  0: {
    name: 'tbsCertificate',
    inner: {
      '[0]': 'version',
      1: 'serialNumber',
      2: 'signature',
      3: 'issuer',
      4: 'validity',
      5: 'subject',
      6: 'subjectPublicKeyInfo',
      '[3]': { name: 'extensions', inner: { 0: { name: 'list', inner: {} } } },
    },
  },
  1: 'signatureAlgorithm',
  2: 'signature',
};

const FWID: DerNames = { 0: 'hashAlg', 1: 'digest' };

/** TCG DICE Attestation Architecture 1.1, §6.1.1. */
export const TCB_INFO_NAMES: DerNames = {
  '[0]': 'vendor',
  '[1]': 'model',
  '[2]': 'version',
  '[3]': 'svn',
  '[4]': 'layer',
  '[5]': 'index',
  '[6]': {
    name: 'fwids',
    inner: Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [String(i), { name: `[${String(i)}]`, inner: FWID }]),
    ),
  },
  '[7]': 'flags',
  '[8]': 'vendorInfo',
  '[9]': 'type',
};

function childrenOf(value: DerValue): readonly DerValue[] {
  if (value.kind === 'sequence' || value.kind === 'set') return value.value;
  return value.kind === 'tagged' && !(value.value instanceof Uint8Array) ? value.value : [];
}

function partOf(names: DerNames, child: DerValue, position: number): { name: string; inner: DerNames } {
  const key = child.kind === 'tagged' ? `[${String(child.number)}]` : String(position);
  const found = names[key];
  if (found === undefined) return { name: `[${String(position)}]`, inner: EXTENSION };
  return typeof found === 'string' ? { name: found, inner: {} } : found;
}

const join = (parent: string, name: string): string =>
  parent === '' || name.startsWith('[') ? parent + name : `${parent}.${name}`;

/** What a value means, in one word: its ASN.1 kind. */
function docOf(value: DerValue): string {
  return value.kind === 'tagged' ? `[${String(value.number)}]` : value.kind.toUpperCase();
}

/** `base`: where the bytes that were parsed stand in the input. Identifier and length octets are a leaf of their own. */
export function derNode(
  value: DerValue,
  { name, path, base }: { name: string; path: string; base: number },
  names: DerNames,
): Node {
  const { offset = 0, length = 0 } = value;
  const children = childrenOf(value);
  const start = children[0]?.offset ?? offset + length;
  const header: Node = {
    ...{ name: 'header', path: join(path, 'header'), offset: base + offset, length: start - offset },
    ...{ value: undefined, doc: 'Identifier and length octets', children: [] },
  };
  return {
    name,
    path,
    offset: base + offset,
    length,
    value: children.length > 0 ? undefined : value.value,
    doc: docOf(value),
    children:
      children.length === 0
        ? []
        : [
            header,
            ...children.map((child, position) => {
              const part = partOf(names, child, position);
              return derNode(child, { name: part.name, path: join(path, part.name), base }, part.inner);
            }),
          ],
  };
}
