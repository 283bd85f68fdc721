/** The display tree of a token: CBOR inside byte strings inside CBOR, with names for labels and byte ranges for all. */
import type { Node } from '@tsm/core/layout';
import { cborGet, cborNode, sign1Names, type CborItem, type CborName, type CborNames } from '@tsm/evidence';
import { lifecycleOf, type ClaimRow, type ClaimType } from './claims.ts';
import { CONTENT_FORMAT, LABEL, MEDIA_TYPE, TAG, type TokenRole } from './form.ts';
import { CLAIMS_SPEC } from './issues.ts';
import { CLAIM_ROWS, type CcaToken, type SignedToken } from './token.ts';

const TITLE = 'CCA token';

/** COSE_Key (RFC 9052 §7.1, RFC 9053 §7.1.1). */
const COSE_KEY_NAMES: CborNames = { '1': 'kty', '3': 'alg', '-1': 'crv', '-2': 'x', '-3': 'y' };

/** Names of what is inside a value: the claims of a map, and the items of a list by their index. */
function innerNames(type: ClaimType, item: CborItem | undefined): CborNames | undefined {
  if (type.kind === 'map') return claimNames(type.rows, item);
  if (type.kind !== 'list' || item?.kind !== 'array') return undefined;
  const names = item.items.map((one, i) => {
    const inner = innerNames(type.item, one);
    const name = `[${String(i)}]`;
    return [String(i), inner ? { name, inner } : name] as const;
  });
  return Object.fromEntries(names);
}

/** What the value of a number claim means. */
function meaningsOf({ name, type }: ClaimRow, item: CborItem | undefined): CborName['meanings'] {
  if (type.kind !== 'int' || item?.kind !== 'int') return undefined;
  const meaning =
    name === 'lifecycle' ? lifecycleOf(Number(item.value))?.name : type.names?.[Number(item.value)];
  return meaning === undefined ? undefined : { [String(item.value)]: meaning };
}

function claimName(row: ClaimRow, item: CborItem | undefined): CborName {
  const { name, doc, type } = row;
  const inner = innerNames(type, item);
  const meanings = meaningsOf(row, item);
  const label = { name, doc, spec: CLAIMS_SPEC };
  if (name === 'public-key') return { ...label, wrapped: true, inner: COSE_KEY_NAMES };
  return { ...label, ...(inner && { inner }), ...(meanings && { meanings }) };
}

function claimNames(rows: readonly ClaimRow[], map: CborItem | undefined): CborNames {
  return Object.fromEntries(rows.map((row) => [String(row.label), claimName(row, cborGet(map, row.label))]));
}

/** Names inside the COSE_Sign1 of a token. */
const tokenNames = (role: TokenRole, token: SignedToken | undefined): CborNames =>
  sign1Names(claimNames(CLAIM_ROWS[role], token?.claims));

/** Names of the outer form. */
function outerNames({ item, platform, realm }: CcaToken): CborNames {
  const collection = item?.kind === 'tag' && item.tag === TAG.CMW_COLLECTION;
  const entry = (role: TokenRole, signed: SignedToken | undefined, doc: string): CborName => {
    const inner = tokenNames(role, signed);
    if (!collection) return { name: role, doc, wrapped: true, inner };
    const type = { name: 'type', doc: 'CoAP content format', meanings: { [CONTENT_FORMAT]: MEDIA_TYPE } };
    return { name: role, doc, inner: { '0': type, '1': { name: 'token', doc, wrapped: true, inner } } };
  };
  return {
    [LABEL.platform]: entry('platform', platform, 'Platform token, signed by the CPAK'),
    [LABEL.realm]: entry('realm', realm, 'Realm token, signed by the RAK'),
  };
}

/** Segments of paths that say how something is wrapped, and not what it is. */
const WRAPPING: readonly string[] = ['item', 'content', 'token'];

/** Paths as issues have them: `realm.claims.challenge`. `prefix`: what goes before them. */
function shortened(node: Node, prefix: string): Node {
  const segments = node.path.split('.').filter((one) => !WRAPPING.includes(one));
  const path = [...(prefix === '' ? [] : [prefix]), ...segments.filter((one) => one !== '')].join('.');
  const children = node.children.map((child) => shortened(child, prefix));
  return { ...node, path: path.replace(/(^|\.)payload(?=\.|$)/, '$1claims'), children };
}

/** The whole token. Bytes that are no CBOR are one node. */
export function tokenTree(bytes: Uint8Array, token: CcaToken): Node {
  const { format, item, platform, realm } = token;
  if (!item) {
    const doc = 'Bytes that are no CBOR';
    return { name: TITLE, path: '', offset: 0, length: bytes.length, value: undefined, doc, children: [] };
  }
  const signed = format === 'platform-token' ? platform : format === 'realm-token' ? realm : undefined;
  const names = signed ? tokenNames(signed.role, signed) : outerNames(token);
  return { ...shortened(cborNode(item, names, TITLE), signed?.role ?? ''), path: '' };
}
