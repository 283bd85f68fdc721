/**
 * Does the digest of an event cover its data? Only the digest is in the register; data is bound to it where the type
 * says which bytes were hashed. Source: TCG PC Client Platform Firmware Profile 1.06 §10.4.1, and what firmware and boot
 * loaders are known to do instead.
 */
import { concat, equalBytes, utf8Bytes, type AlgorithmName, type Digests } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { eventType, type DigestRule } from '../event-types.ts';
import { AAEL_TAG, hasTag } from './event-tag.ts';
import { iplForm } from './ipl.ts';
import { looksLikeCertificate } from './signatures.ts';
import { isPlainSeparator, SEPARATOR, SEPARATOR_ERROR } from './separator.ts';
import { findText } from './text.ts';
import { UEFI_VARIABLE_HEADER } from './uefi-variable.ts';

/** What the check of a digest against the event data found. */
export interface DigestCheck {
  /** `contradicts`: the type says that the digest covers the data, and it does not. */
  readonly state: 'matches' | 'contradicts' | 'cannotTell';
  /** What the digest covers, or would have to: `event data`, `variable data`, `external: the image (Authenticode)`. */
  readonly covers: string;
}

/** Bytes that the digest of an event may be of. */
export interface DigestCandidate {
  readonly covers: string;
  readonly bytes: Uint8Array;
}

type Candidates = Iterable<DigestCandidate>;

interface Rule {
  /** In order of likelihood; later ones are made only when the ones before do not match. */
  readonly candidates: (data: Uint8Array) => Candidates;
  /** Must one of the candidates match, with this data? */
  readonly strict: (data: Uint8Array) => boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;
const NUL = new Uint8Array(1);
const WIDE_NUL = new Uint8Array(2);
const ERROR_VALUE = encode(SEPARATOR, { value: SEPARATOR_ERROR });
const VARIABLE_HEADER = sizeOf(UEFI_VARIABLE_HEADER);

function whole(data: Uint8Array): DigestCandidate {
  return { covers: 'event data', bytes: data };
}

/** Data that says "no error" where the digest says "error" hides something: there, the digest must be of the data. */
function* separator(data: Uint8Array): Candidates {
  yield whole(data);
  if (!isPlainSeparator(data)) yield { covers: 'the error value 1', bytes: ERROR_VALUE };
}

/** The data of UEFI_VARIABLE_DATA, without decoding it; undefined where its lengths do not fit. */
function variableData(data: Uint8Array): Uint8Array | undefined {
  if (data.length < VARIABLE_HEADER) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, VARIABLE_HEADER);
  const start = VARIABLE_HEADER + 2 * Number(view.getBigUint64(16, true));
  const end = start + Number(view.getBigUint64(24, true));
  return end <= data.length ? data.subarray(start, end) : undefined;
}

function* variable(data: Uint8Array): Candidates {
  yield whole(data);
  const value = variableData(data);
  if (value) yield { covers: 'variable data', bytes: value };
}

/** EDK2 measures the data alone, some firmware the whole event. */
function* bootVariable(data: Uint8Array): Candidates {
  const value = variableData(data);
  if (value) yield { covers: 'variable data', bytes: value };
  yield whole(data);
}

function* authority(data: Uint8Array): Candidates {
  yield* variable(data);
  const certificate = variableData(data)?.subarray(16);
  if (certificate && looksLikeCertificate(certificate))
    yield { covers: 'certificate without its owner', bytes: certificate };
}

/** Old shim logs some bytes after the variable, and hashes others: there nothing can be told. */
function isExactVariable(data: Uint8Array): boolean {
  const value = variableData(data);
  return value !== undefined && value.byteOffset + value.length === data.byteOffset + data.length;
}

/** Form of a boot loader's event that says what its digest covers. */
function measuredText(data: Uint8Array): string | undefined {
  const found = findText(data);
  if (!found) return undefined;
  const { form, argument } = iplForm(found);
  return form.measured ? argument : undefined;
}

function* ipl(data: Uint8Array): Candidates {
  const found = findText(data);
  const argument = measuredText(data);
  if (argument !== undefined) {
    const text = utf8Bytes(argument);
    yield { covers: 'text after the prefix', bytes: text };
    yield { covers: 'text after the prefix, with a NUL', bytes: concat(text, NUL) };
  }
  if (found?.encoding === 'utf-16le') {
    yield { covers: 'name in UTF-8, with a NUL', bytes: concat(utf8Bytes(found.text), NUL) };
    yield { covers: 'event data, with one more NUL', bytes: concat(data, WIDE_NUL) };
    yield { covers: 'event data, with one more NUL byte', bytes: concat(data, NUL) };
    yield { covers: 'event data without its NUL', bytes: data.subarray(0, 2 * found.text.length) };
  }
  yield whole(data);
}

function* wholeOnly(data: Uint8Array): Candidates {
  yield whole(data);
}

const RULES: Readonly<Record<DigestRule, Rule>> = {
  none: { candidates: () => [], strict: never },
  external: { candidates: () => [], strict: never },
  event: { candidates: wholeOnly, strict: always },
  'perhaps-event': { candidates: wholeOnly, strict: never },
  separator: { candidates: separator, strict: always },
  variable: { candidates: variable, strict: always },
  'boot-variable': { candidates: bootVariable, strict: always },
  authority: { candidates: authority, strict: isExactVariable },
  tag: { candidates: wholeOnly, strict: (data) => hasTag(data, AAEL_TAG) },
  ipl: { candidates: ipl, strict: (data) => measuredText(data) !== undefined },
};

/** All bytes that the digest of this event may be of, the most likely first. Empty where that is not in the log. */
export function digestCandidates(type: number, data: Uint8Array): DigestCandidate[] {
  return [...RULES[eventType(type)?.digest ?? 'perhaps-event'].candidates(data)];
}

/**
 * Checks an event's digest against its data. `contradicts` is given only for types of which every real log keeps to one
 * of the candidates; where the digest covers something outside the log, nothing can be told.
 */
export function checkDigest(
  type: number,
  data: Uint8Array,
  digests: Digests,
  algorithm: AlgorithmName,
  digest: Uint8Array,
): DigestCheck {
  const row = eventType(type);
  const rule = RULES[row?.digest ?? 'perhaps-event'];
  if (row?.digest === 'none') return { state: 'cannotTell', covers: 'nothing: the event extends nothing' };
  if (!digests.has(algorithm)) return { state: 'cannotTell', covers: `unknown: no backend for ${algorithm}` };
  let likely: string | undefined;
  for (const { covers, bytes } of rule.candidates(data)) {
    if (equalBytes(digests.digest(algorithm, bytes), digest)) return { state: 'matches', covers };
    likely ??= covers;
  }
  if (rule.strict(data)) return { state: 'contradicts', covers: likely ?? '' };
  return { state: 'cannotTell', covers: `external: ${row?.external ?? 'something unknown'}` };
}
