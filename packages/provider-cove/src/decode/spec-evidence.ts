/** Evidence in the specification's form: three tokens, bare or in a certificate. Spec: CoVE specification, Evidence Format, Evidence Generation. */
import type { Claims, ClaimValue, EvidenceRegister, Issue, Place } from '@tsm/core';
import {
  cborGet,
  decodeSign1,
  parseDer,
  readCbor,
  type CborItem,
  type Certificate,
  type Sign1,
} from '@tsm/evidence';
import { ClaimReader, type Measurement } from './claim-reader.ts';
import { LABEL, TAG, TOKENS, type TokenName } from '../claims.ts';
import { COVE_ISSUES } from '../issues.ts';
import { specRegisterName } from '../registers.ts';

/** One token, read. Nothing is verified yet. */
export interface Token {
  readonly sign1: Sign1;
  /** Bytes of the token, from its tag on. */
  readonly range: { readonly offset: number; readonly length: number };
  readonly claims: Claims;
  /** SubjectPublicKeyInfo, by claim name. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Where the values of claims stand. */
  readonly places: ReadonlyMap<string, Place>;
  readonly measurements: readonly Measurement[];
}

type Format = 'uccs' | 'cbor-certificate' | 'x509-certificate';

export interface SpecEvidence {
  readonly format: Format;
  readonly tokens: Readonly<Partial<Record<TokenName, Token>>>;
  /** The CBOR certificate around the tokens. */
  readonly envelope?: Sign1;
  /** The X.509 certificate around them. */
  readonly certificate?: Certificate;
  readonly registers: readonly EvidenceRegister[];
  readonly claims: Claims;
  readonly reportData: Uint8Array;
  readonly issues: readonly Issue[];
}

/** Identifier octet of a DER SEQUENCE; no CBOR map or tag starts with it. */
const SEQUENCE = 0x30;

const placeOf = (path: string, { offset, length }: CborItem): Place => ({ path, offset, length });

/** The map inside these CBOR tags, each of which may be there. */
function untagged(item: CborItem | undefined, ...tags: readonly number[]): CborItem | undefined {
  return item?.kind === 'tag' && tags.includes(Number(item.tag)) ? untagged(item.item, ...tags) : item;
}

/** The claims of a CWT: tag 61 around a map. */
function cwtOf(token: string, sign1: Sign1, issues: Issue[]): CborItem | undefined {
  const { payload, payloadOffset: offset } = sign1;
  const place = { path: `${token}.payload`, offset, length: payload.length };
  const read = readCbor(payload, place);
  issues.push(...read.issues);
  const map = read.item?.kind === 'tag' && read.item.tag === TAG.CWT ? read.item.item : undefined;
  if (map?.kind === 'map') return map;
  const kind = read.item?.kind === 'tag' ? `tag ${String(read.item.tag)}` : (read.item?.kind ?? 'no CBOR');
  issues.push(COVE_ISSUES.make('cove.not-cwt', place, { token, found: kind }));
  return undefined;
}

function tokenOf(bytes: Uint8Array, name: TokenName, item: CborItem, issues: Issue[]): Token | undefined {
  const { offset, length } = item;
  const read = decodeSign1(bytes.subarray(offset, offset + length), placeOf(name, item));
  issues.push(...read.issues);
  const { sign1 } = read;
  const map = sign1 && cwtOf(name, sign1, issues);
  if (!map) return undefined;
  const reader = new ClaimReader(name).read(map);
  issues.push(...reader.issues);
  const { claims, keys, places, measurements } = reader;
  return { sign1, range: { offset, length }, claims, keys, places, measurements };
}

/** Reads the tokens of `{266: {…}}`. `bytes`: the input, in which the item's offsets count. */
function tokensOf(bytes: Uint8Array, evidence: CborItem, issues: Issue[]): SpecEvidence['tokens'] {
  const submodules = cborGet(evidence, LABEL.submodules);
  const tokens: Partial<Record<TokenName, Token>> = {};
  for (const name of TOKENS) {
    const item = cborGet(submodules, name);
    const token = item && tokenOf(bytes, name, item, issues);
    if (token) tokens[name] = token;
    if (!item)
      issues.push(COVE_ISSUES.make('cove.token-missing', placeOf('submodules', evidence), { token: name }));
  }
  for (const [key] of submodules?.kind === 'map' ? submodules.entries : []) {
    const found = 'value' in key ? String(key.value) : key.kind;
    if (!TOKENS.some((name) => name === found))
      issues.push(COVE_ISSUES.make('cove.token-unknown', placeOf('submodules', key), { found }));
  }
  return tokens;
}

function claimsOf(tokens: SpecEvidence['tokens'], more: Readonly<Record<string, ClaimValue>>): Claims {
  const all = { ...tokens.platform?.claims, ...tokens.tsm?.claims, ...tokens.tvm?.claims };
  return { debug: all['platform-state'] === 'debug', ...all, ...more };
}

function specEvidence(
  format: Format,
  tokens: SpecEvidence['tokens'],
  issues: readonly Issue[],
  more: Readonly<Record<string, ClaimValue>> = {},
): SpecEvidence {
  const measurements = tokens.tvm?.measurements ?? [];
  const challenge = tokens.tvm?.claims['tvm-challenge'];
  return {
    format,
    tokens,
    issues,
    registers: measurements.map(({ index, value, offset }) => ({
      name: specRegisterName(index),
      value,
      offset,
    })),
    claims: claimsOf(tokens, more),
    reportData: challenge instanceof Uint8Array ? challenge : new Uint8Array(0),
  };
}

/** Does this item hold the submodules that nobody else has? Decides what CBOR is CoVE's. */
function isEvidence(item: CborItem | undefined): item is CborItem {
  const submodules = cborGet(item, LABEL.submodules);
  return cborGet(submodules, 'tsm') !== undefined || cborGet(submodules, 'tvm') !== undefined;
}

/** Bare evidence, with tag 601 or without; undefined for another item. */
export function readUccs(bytes: Uint8Array, item: CborItem): SpecEvidence | undefined {
  const map = untagged(item, TAG.UCCS);
  if (!isEvidence(map)) return undefined;
  const issues: Issue[] = [];
  return specEvidence('uccs', tokensOf(bytes, map, issues), issues);
}

/** Evidence under any label: the draft has none yet for it. */
function evidenceIn(map: CborItem): CborItem | undefined {
  const given = untagged(cborGet(map, LABEL.evidence), TAG.UCCS);
  if (isEvidence(given) || map.kind !== 'map') return given;
  return map.entries.map(([, value]) => untagged(value, TAG.UCCS)).find(isEvidence);
}

/** A CBOR certificate; undefined for a COSE_Sign1 without evidence. */
export function readCborCertificate(bytes: Uint8Array): SpecEvidence | undefined {
  const { sign1, issues: found } = decodeSign1(bytes);
  if (!sign1) return undefined;
  const issues = [...found];
  const map = cwtOf('certificate', sign1, issues);
  const evidence = map && evidenceIn(map);
  if (!evidence) return undefined;
  const named = { issuer: LABEL.issuer, subject: LABEL.subject };
  const names = Object.entries(named).flatMap(([name, label]): [string, string][] => {
    const item = cborGet(map, label);
    if (item?.kind === 'text') return [[name, item.value]];
    const place = placeOf(`certificate.${name}`, item ?? map);
    issues.push(COVE_ISSUES.make('cove.claim-missing', place, { claim: name, label }));
    return [];
  });
  const tokens = tokensOf(bytes, evidence, issues);
  return {
    ...specEvidence('cbor-certificate', tokens, issues, Object.fromEntries(names)),
    envelope: sign1,
  };
}

/** The CBOR in a UccsEvidence extension: the value itself, as CoVE writes it, or in SEQUENCE { OCTET STRING }, as DICE does. */
export function uccsIn(value: Uint8Array): { readonly uccs: Uint8Array; readonly offset: number } {
  const { value: der } = value[0] === SEQUENCE ? parseDer(value) : { value: undefined };
  const inner = der?.kind === 'sequence' && der.length === value.length ? der.value[0] : undefined;
  if (inner?.kind !== 'octets') return { uccs: value, offset: 0 };
  return {
    uccs: inner.value,
    offset: (inner.offset ?? 0) + (inner.length ?? 0) - inner.value.length,
  };
}

/** An X.509 certificate; `value`: content of its UccsEvidence extension, and where that starts. */
export function readX509Certificate(
  bytes: Uint8Array,
  certificate: Certificate,
  { value, offset }: { value: Uint8Array; offset: number },
): SpecEvidence {
  const { uccs, offset: inside } = uccsIn(value);
  const place = { path: 'uccs', offset: offset + inside, length: uccs.length };
  const { item, issues: found } = readCbor(uccs, place);
  const issues = [...certificate.issues, ...found];
  const map = untagged(item, TAG.UCCS);
  if (map && !isEvidence(map))
    issues.push(COVE_ISSUES.make('cove.evidence-missing', place, { found: 'the UCCS extension' }));
  const { issuer, subject } = certificate;
  const tokens = map ? tokensOf(bytes, map, issues) : {};
  return { ...specEvidence('x509-certificate', tokens, issues, { issuer, subject }), certificate };
}
