/**
 * One entry of an IMA measurement list, whichever way it is written, as an event: what extends which bank.
 * Source: linux-integrity/ima-doc, event-log-format; Linux, IMA; cc-trusted-api for RTMR numbers.
 */
import { ALGORITHMS, equalBytes, REGISTER_NUMBERING, type AlgorithmName, type Digests } from '@tsm/core';
import { checkAgainst, isViolation } from '../records/check.ts';
import type { LogRecord, Note, Step } from '../records/record-log.ts';
import { MAX_REGISTER } from '../tcg/walk.ts';
import { imaContent, isKnownTemplate } from './template.ts';

/**
 * How the bank of another algorithm than that of the list is extended: `template-data` by the hash of the template data
 * (Linux since about 5.8), `sha1-padded` by the SHA-1 hash and zeros to the size of the bank (before).
 */
export type ImaRule = 'template-data' | 'sha1-padded';

export interface ImaOptions {
  readonly rule?: ImaRule;
  /** Are register numbers PCRs, or RTMRs? Default: RTMRs where the first is below 4, which no kernel allows for a PCR. */
  readonly numbering?: 'pcr' | 'rtmr';
}

/** TPM has no algorithm of its own for a list: the size of the hash tells. */
export const HASHES: ReadonlyMap<number, AlgorithmName> = new Map([
  [20, 'sha1'],
  [32, 'sha256'],
  [48, 'sha384'],
  [64, 'sha512'],
]);

/** Type of IMA events in TCG logs (cc-trusted-api). */
export const IMA_TYPE = 0x14;

/** An entry as it stands in the list. */
export interface Entry {
  readonly register: number;
  readonly template: string;
  readonly hash: Uint8Array;
  readonly hashOffset: number;
  /** Template data, the likeliest first; where the template is unknown, its bytes as they are. */
  readonly data: readonly Uint8Array[];
  readonly dataOffset: number;
  /** Is the data what the hash is of? */
  readonly exact: boolean;
  readonly little: boolean;
}

/** How the entries of a list are read. */
export interface Reading {
  readonly numbering: 'pcr' | 'ccMr';
  readonly rule: ImaRule;
  /** Bank to replay beside that of the list. */
  readonly bank: AlgorithmName | undefined;
}

/** Register in the log's numbering, or undefined where it has none. */
function registerOf(register: number, { numbering }: Reading): number | undefined {
  if (numbering === 'pcr') return register <= MAX_REGISTER ? register : undefined;
  const row = REGISTER_NUMBERING.find(
    (one) => one.rtmr === register || (register > 7 && one.pcrs.includes(register)),
  );
  return row?.ccMr;
}

/** The template data that gives the stored hash, else the likeliest. */
function chosen({ data, hash }: Entry, digests: Digests): Uint8Array | undefined {
  const algorithm = HASHES.get(hash.length);
  if (data.length < 2 || algorithm === undefined || !digests.has(algorithm)) return data[0];
  return data.find((one) => equalBytes(digests.digest(algorithm, one), hash)) ?? data[0];
}

/** The banks that an entry extends, that of the list first; the digests here are only placeholders. */
export function banksOf({ hash }: Entry, { bank }: Reading): Step[] {
  const stored = { algorithm: HASHES.get(hash.length), digest: hash };
  return bank === undefined || bank === stored.algorithm
    ? [stored]
    : [stored, { algorithm: bank, digest: hash }];
}

/** What extends the bank `bank`; undefined where the list does not tell. */
function bankDigest(
  entry: Entry,
  bank: AlgorithmName,
  rule: ImaRule,
  digests: Digests,
): Uint8Array | undefined {
  const { size } = ALGORITHMS[bank];
  const { hash } = entry;
  if (isViolation(hash)) return new Uint8Array(size).fill(0xff);
  if (HASHES.get(hash.length) === bank) return hash;
  const data = entry.exact ? chosen(entry, digests) : undefined;
  if (rule === 'template-data') return data && digests.has(bank) ? digests.digest(bank, data) : undefined;
  const sha1 =
    hash.length === 20 ? hash : data && digests.has('sha1') ? digests.digest('sha1', data) : undefined;
  if (!sha1 || size < sha1.length) return undefined;
  const padded = new Uint8Array(size);
  padded.set(sha1);
  return padded;
}

/** The entry as an event. */
export function imaRecord(entry: Entry, reading: Reading): LogRecord {
  const { template, hash, hashOffset, dataOffset, exact, little } = entry;
  const algorithm = HASHES.get(hash.length);
  const register = registerOf(entry.register, reading);
  const violation = isViolation(hash);
  const [data = new Uint8Array(0)] = entry.data;
  const steps = (digests: Digests): Step[] =>
    banksOf(entry, reading).flatMap(({ algorithm: bank }) => {
      const digest = bank && bankDigest(entry, bank, reading.rule, digests);
      return digest ? [{ algorithm: bank, digest }] : [];
    });
  const candidates =
    exact && !violation ? entry.data.map((bytes) => ({ covers: 'template data', bytes })) : [];
  const external = violation ? 'nothing: a violation' : 'the fields of an unknown template';
  return {
    register: register ?? entry.register,
    type: IMA_TYPE,
    typeName: template,
    digests: [
      {
        tcgId: algorithm === undefined ? 0 : ALGORITHMS[algorithm].tcgId,
        algorithm,
        digest: hash,
        offset: hashOffset,
      },
    ],
    data,
    dataOffset,
    measured: register !== undefined,
    content: () => imaContent(template, data, violation, little),
    check: candidates.length > 0 ? checkAgainst(candidates) : checkAgainst([], external),
    steps,
  };
}

/** Says what is wrong with an entry. */
export function noteEntry(entry: Entry, reading: Reading, note: Note, start: number, end: number): void {
  const { template, hash, register, exact } = entry;
  const place = [start, end - start] as const;
  const violation = isViolation(hash);
  if (registerOf(register, reading) === undefined)
    note(
      'log.register-range',
      { register, max: reading.numbering === 'pcr' ? MAX_REGISTER : 3 },
      'pcr',
      ...place,
    );
  const name = template.slice(0, 32);
  if (violation) note('ima.violation', {}, 'hash', ...place);
  else if (!isKnownTemplate(template)) note('ima.template', { name }, 'template', ...place);
  else if (!exact) note('ima.fields', { name }, 'fields', ...place);
  const { bank, rule } = reading;
  const stored = HASHES.get(hash.length) === bank || (rule === 'sha1-padded' && hash.length === 20);
  if (bank !== undefined && !exact && !violation && !stored)
    note('ima.hash-missing', { algorithm: bank }, 'hash', ...place);
}
