/** DiceTcbInfo, in which salus puts its registers. Source: TCG DICE Attestation Architecture 1.1, §6.1.1, §6.1.2. */
import { ALGORITHMS, toHex, type AlgorithmName, type Issue, type Place } from '@tsm/core';
import { encodeDer, parseDer, type DerValue } from '@tsm/evidence';
import { COVE_ISSUES } from '../issues.ts';

/** The arc, which salus uses as it is, and what TCG put under it. */
export const DICE_OID = {
  arc: '2.23.133.5.4',
  tcbInfo: '2.23.133.5.4.1',
  multiTcbInfo: '2.23.133.5.4.5',
  uccsEvidence: '2.23.133.5.4.6',
} as const;

/** Hashes by OID (NIST CSOR). */
const HASH_OIDS: ReadonlyMap<string, AlgorithmName> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.9', 'sha3-384'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
]);

/** OperationalFlags, by bit. */
const FLAGS = [
  'notConfigured',
  'notSecure',
  'recovery',
  'debug',
  'notReplayProtected',
  'notIntegrityProtected',
  'notRuntimeMeasured',
  'notImmutable',
  'notTcb',
] as const;

export interface Fwid {
  readonly hash: string;
  /** Undefined for a hash that is not known here. */
  readonly algorithm: AlgorithmName | undefined;
  readonly digest: Uint8Array;
  /** Byte offset of the digest in the input as given. */
  readonly offset: number;
}

/** What one TcbInfo says; what it does not say is left out. */
export interface TcbInfo {
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly svn?: bigint;
  readonly layer?: bigint;
  readonly index?: bigint;
  readonly fwids: readonly Fwid[];
  readonly flags: readonly string[];
  readonly vendorInfo?: Uint8Array;
  readonly type?: Uint8Array;
}

const TEXTS = ['vendor', 'model', 'version'] as const;
const NUMBERS = ['svn', 'layer', 'index'] as const;
const FWIDS = 6;
const FLAG_BITS = 7;
const OCTETS = ['vendorInfo', 'type'] as const;

/** Why an extension cannot be read, and where in its bytes. */
class Malformed extends Error {
  readonly offset: number;
  constructor(value: DerValue | undefined, message: string) {
    super(message);
    this.offset = value?.offset ?? 0;
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function integerOf(bytes: Uint8Array, field: DerValue): bigint {
  if (bytes.length === 0 || bytes.length > 64) throw new Malformed(field, 'an INTEGER of 1 to 64 bytes');
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${toHex(bytes)}`));
}

/** BIT STRING, implicitly tagged: the first octet counts unused bits. */
function flagsOf([unused = 0, ...octets]: Uint8Array): string[] {
  const bits = 8 * octets.length - unused;
  return FLAGS.filter((_, bit) => bit < bits && ((octets[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
}

function fwidOf(value: DerValue, base: number): Fwid {
  const [hash, digest] = value.kind === 'sequence' ? value.value : [];
  if (hash?.kind !== 'oid' || digest?.kind !== 'octets')
    throw new Malformed(value, 'a FWID of a hash and its digest');
  const { offset = 0, length = 0, value: bytes } = digest;
  return {
    hash: hash.value,
    algorithm: HASH_OIDS.get(hash.value),
    digest: bytes,
    offset: base + offset + length - bytes.length,
  };
}

function tcbInfoOf(value: DerValue, base: number): TcbInfo {
  if (value.kind !== 'sequence') throw new Malformed(value, 'a SEQUENCE of tagged fields');
  const info: Record<string, unknown> = { fwids: [], flags: [] };
  let last = -1;
  for (const field of value.value) {
    if (field.kind !== 'tagged' || field.number > 9 || field.number <= last)
      throw new Malformed(field, 'fields [0] to [9], each once and in order');
    last = field.number;
    const bytes = field.value;
    if (last === FWIDS) {
      if (bytes instanceof Uint8Array) throw new Malformed(field, 'a list of FWIDs in [6]');
      info['fwids'] = bytes.map((one) => fwidOf(one, base));
      continue;
    }
    if (!(bytes instanceof Uint8Array)) throw new Malformed(field, `a primitive value in [${String(last)}]`);
    if (last < 3) info[TEXTS[last] ?? ''] = textOf(bytes);
    else if (last < FWIDS) info[NUMBERS[last - 3] ?? ''] = integerOf(bytes, field);
    else if (last === FLAG_BITS) info['flags'] = flagsOf(bytes);
    else info[OCTETS[last - 8] ?? ''] = bytes;
  }
  return info as unknown as TcbInfo;
}

/** Digests that are not as long as their hash makes them, and hashes that are not known here. */
function fwidIssues({ fwids }: TcbInfo, path: string): Issue[] {
  return fwids.flatMap(({ algorithm, digest, hash, offset }, i) => {
    const place = { path: `${path}.fwids[${String(i)}]`, offset, length: digest.length };
    if (algorithm === undefined) return [COVE_ISSUES.make('cove.hash-unknown', place, { found: hash })];
    const { size } = ALGORITHMS[algorithm];
    if (digest.length === size) return [];
    return [COVE_ISSUES.make('cove.digest-size', place, { algorithm, size, found: digest.length })];
  });
}

/**
 * Every TcbInfo of an extension's value: one, or the several of a MultiTcbInfo. `place`: where the value stands. Never
 * throws on data.
 */
export function readTcbInfo(
  value: Uint8Array,
  multi: boolean,
  place: Place,
): { infos: readonly TcbInfo[]; issues: readonly Issue[] } {
  const fail = (reason: string, offset: number) => ({
    infos: [],
    issues: [
      COVE_ISSUES.make('cove.tcb-info', { ...place, offset: place.offset + offset, length: 0 }, { reason }),
    ],
  });
  const read = parseDer(value);
  if (read.reason !== undefined) return fail(read.reason, read.offset);
  const { value: der } = read;
  if ((der.length ?? 0) !== value.length) return fail('bytes after the structure', der.length ?? 0);
  try {
    if (multi && der.kind !== 'sequence') throw new Malformed(der, 'a SEQUENCE of TcbInfo');
    const parts = multi && der.kind === 'sequence' ? der.value : [der];
    const infos = parts.map((part) => tcbInfoOf(part, place.offset));
    return { infos, issues: infos.flatMap((info) => fwidIssues(info, place.path)) };
  } catch (error) {
    if (error instanceof Malformed) return fail(`expected ${error.message}`, error.offset);
    throw error;
  }
}

/** A TcbInfo with fwids alone, as salus writes it. */
export function encodeTcbInfo(digests: readonly Uint8Array[]): Uint8Array {
  const hashOid = '2.16.840.1.101.3.4.2.2';
  const fwids: DerValue[] = digests.map((value) => ({
    kind: 'sequence',
    value: [
      { kind: 'oid', value: hashOid },
      { kind: 'octets', value },
    ],
  }));
  return encodeDer({ kind: 'sequence', value: [{ kind: 'tagged', number: FWIDS, value: fwids }] });
}
