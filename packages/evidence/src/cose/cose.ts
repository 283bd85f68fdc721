/** COSE_Sign1. Source: RFC 9052 §3, §4.2, §4.4; RFC 9053 §2; RFC 9864. */
import type { Issue, Place, SignatureScheme, SignatureVerifier } from '@tsm/core';
import { cborGet, readCbor, type CborItem, type CborKey } from './cbor.ts';
import type { CborNames } from './cbor-node.ts';
import { encodeCbor, type CborValue } from './encode-cbor.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';

/** A COSE_Sign1, decoded. Nothing is verified yet. */
export interface Sign1 {
  /** Content of the protected header's byte string. */
  readonly protectedBytes: Uint8Array;
  /** The protected header; undefined when it is empty. */
  readonly protected: CborItem | undefined;
  readonly unprotected: CborItem;
  /** COSE algorithm in the protected header. */
  readonly algorithm: number | undefined;
  /** Undefined for an algorithm that is not known here. */
  readonly scheme: SignatureScheme | undefined;
  readonly payload: Uint8Array;
  /** Offset of the payload's content in the input as given. */
  readonly payloadOffset: number;
  readonly signature: Uint8Array;
  readonly signatureOffset: number;
  /** Had tag 18. */
  readonly tagged: boolean;
  /** Critical headers that are not known here: with any, no signature counts. */
  readonly unknownCritical: readonly string[];
  /** The whole, for display. */
  readonly item: CborItem;
}

const TAG_SIGN1 = 18;
const HEADER = { alg: 1, crit: 2, contentType: 3, kid: 4 } as const;
const KNOWN_HEADERS: readonly unknown[] = Object.values(HEADER);

/** RFC 9053 §2; the last four rows are the fully-specified names of RFC 9864. */
const ALGORITHMS: ReadonlyMap<number, SignatureScheme> = new Map<number, SignatureScheme>([
  [-7, 'ecdsa-p256-sha256'],
  [-35, 'ecdsa-p384-sha384'],
  [-36, 'ecdsa-p521-sha512'],
  [-8, 'ed25519'],
  [-37, 'rsa-pss-sha256'],
  [-38, 'rsa-pss-sha384'],
  [-9, 'ecdsa-p256-sha256'],
  [-51, 'ecdsa-p384-sha384'],
  [-52, 'ecdsa-p521-sha512'],
  [-19, 'ed25519'],
]);

const labelOf = (item: CborItem): string => ('value' in item ? String(item.value) : item.kind);

/** The four parts of the array, where they are of the right kinds. */
function partsOf(item: CborItem) {
  if (item.kind !== 'array' || item.items.length !== 4) return undefined;
  const [header, unprotected, payload, signature] = item.items;
  if (header?.kind !== 'bytes' || unprotected?.kind !== 'map') return undefined;
  if (payload?.kind !== 'bytes' || signature?.kind !== 'bytes') return undefined;
  return { header, unprotected, payload, signature };
}

/** Labels under `crit` that are not known here; the whole header where it is no list. */
function criticalOf(header: CborItem | undefined): string[] {
  const list = cborGet(header, HEADER.crit);
  if (!list) return [];
  if (list.kind !== 'array' || list.items.length === 0) return ['crit'];
  return list.items.filter((one) => !('value' in one && KNOWN_HEADERS.includes(one.value))).map(labelOf);
}

function headerIssues(sign1: Sign1, place: Place): Issue[] {
  const { algorithm, scheme, unprotected, unknownCritical, tagged } = sign1;
  const issues: Issue[] = [];
  if (!tagged) issues.push(EVIDENCE_ISSUES.make('cose.untagged', place, undefined));
  if (algorithm === undefined) issues.push(EVIDENCE_ISSUES.make('cose.no-algorithm', place, undefined));
  else if (!scheme) issues.push(EVIDENCE_ISSUES.make('cose.unknown-algorithm', place, { algorithm }));
  for (const label of unknownCritical) issues.push(EVIDENCE_ISSUES.make('cose.critical', place, { label }));
  const both = sign1.protected?.kind === 'map' ? sign1.protected.entries : [];
  for (const [key] of both) {
    if ((key.kind === 'int' || key.kind === 'text') && cborGet(unprotected, key.value))
      issues.push(EVIDENCE_ISSUES.make('cose.header-twice', place, { label: labelOf(key) }));
  }
  return issues;
}

/**
 * Reads a COSE_Sign1 with an attached payload. Without tag 18 it is read all the same, with an error. Never throws on
 * data. `place`: where the bytes stand in their input.
 */
export function decodeSign1(
  bytes: Uint8Array,
  place: Place = { path: '', offset: 0, length: bytes.length },
): { sign1: Sign1 | undefined; issues: readonly Issue[] } {
  const { item, issues } = readCbor(bytes, place);
  if (!item) return { sign1: undefined, issues };
  const refuse = (expected: string) => ({
    sign1: undefined,
    issues: [...issues, EVIDENCE_ISSUES.make('cose.not-sign1', place, { expected })],
  });
  const tagged = item.kind === 'tag' && item.tag === TAG_SIGN1;
  const parts = partsOf(tagged ? item.item : item);
  if (!parts) return refuse('an array of protected header, map, payload and signature');
  const { header, unprotected, payload, signature } = parts;
  const where = { path: place.path, offset: header.content, length: header.value.length };
  const empty = header.value.length === 0;
  const read = empty ? { item: undefined, issues: [] } : readCbor(header.value, where);
  if (!empty && read.item?.kind !== 'map') return refuse('a protected header that is a map');
  const alg = cborGet(read.item, HEADER.alg);
  const algorithm = alg?.kind === 'int' && typeof alg.value === 'number' ? alg.value : undefined;
  const sign1: Sign1 = {
    ...{ protectedBytes: header.value, protected: read.item, unprotected, algorithm, tagged, item },
    scheme: algorithm === undefined ? undefined : ALGORITHMS.get(algorithm),
    ...{ payload: payload.value, payloadOffset: payload.content },
    ...{ signature: signature.value, signatureOffset: signature.content },
    unknownCritical: criticalOf(read.item),
  };
  return { sign1, issues: [...issues, ...read.issues, ...headerIssues(sign1, place)] };
}

/** What is to be signed. */
export interface Sign1Template {
  /** COSE algorithm, such as −35 (ES384). */
  readonly algorithm: number;
  readonly payload: Uint8Array;
  /** More headers, by label. */
  readonly headers?: ReadonlyMap<CborKey, CborValue>;
  readonly unprotected?: ReadonlyMap<CborKey, CborValue>;
}

/** The bytes that a signature covers (RFC 9052 §4.4), without external data. */
function toBeSigned(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedBytes, new Uint8Array(0), payload]);
}

/** A COSE_Sign1 with tag 18. `sign` gets the bytes to be signed; ECDSA signatures are raw r‖s. */
export function encodeSign1(template: Sign1Template, sign: (message: Uint8Array) => Uint8Array): Uint8Array {
  const { algorithm, payload, headers = new Map(), unprotected = new Map() } = template;
  const header = encodeCbor(new Map<CborKey, CborValue>([[HEADER.alg, algorithm], ...headers]));
  const signature = sign(toBeSigned(header, payload));
  return encodeCbor({ tag: TAG_SIGN1, value: [header, unprotected, payload, signature] });
}

/** Does the signature verify? `publicKey`: SubjectPublicKeyInfo, DER. */
export async function verifySign1(
  { scheme, unknownCritical, protectedBytes, payload, signature }: Sign1,
  publicKey: Uint8Array,
  verifier: SignatureVerifier,
): Promise<boolean> {
  if (!scheme || unknownCritical.length > 0) return false;
  return verifier.verify(scheme, publicKey, signature, toBeSigned(protectedBytes, payload));
}

/** Names for display of a COSE_Sign1 whose payload is CBOR. */
export function sign1Names(payload: CborNames): CborNames {
  const headers = { 1: 'alg', 2: 'crit', 3: 'content type', 4: 'kid' };
  return {
    0: { name: 'protected', doc: 'Headers that are signed', wrapped: true, inner: headers },
    1: { name: 'unprotected', doc: 'Headers that are not signed', inner: headers },
    2: { name: 'payload', doc: 'What is signed', wrapped: true, inner: payload },
    3: { name: 'signature', doc: 'Signature over headers and payload' },
  };
}
