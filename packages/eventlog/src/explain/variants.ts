/** Which other digests an event may have had, by what its data and its type say. */
import { equalBytes, toHex, utf8Bytes, type AlgorithmName, type Digests } from '@tsm/core';
import { checkDigest, digestCandidates, type DigestCandidate } from '../event-data/digest-check.ts';
import type { LogEvent } from '../log.ts';
import { SEPARATORS } from './candidates.ts';
import { eventOf, type Context } from './context.ts';
import { ENCODINGS } from './encodings.ts';
import { stateAt, type Frame } from './frame.ts';
import type { Slices } from './meter.ts';
import type { EditKind } from './model.ts';
import { bitFlips, replacement, type Replacement } from './replacement.ts';
import type { SearchClass } from './trial.ts';

const EV_SEPARATOR = 4;
/** Events that are looked at between two chances to stop. */
const SLICE = 500;

/** The event of extend `index`, and whether its data and digest agree. */
interface Bound {
  readonly event: LogEvent;
  readonly state: 'matches' | 'contradicts' | 'cannotTell';
  /** Bytes that the digest may be of. */
  readonly bytes: readonly DigestCandidate[];
}

function boundOf(context: Context, index: number): Bound {
  const { frame, pool, digests } = context;
  const event = frame.steps.log.event(eventOf(context, index));
  const { data, type } = event;
  if (frame.steps.log.numbering === 'single') {
    const stored = event.digests.length > 0;
    return { event, state: stored ? 'cannotTell' : 'matches', bytes: [{ covers: 'the line', bytes: data }] };
  }
  if (event.check) {
    const { state, covers } = event.check(digests, frame.steps.algorithm, pool.at(index));
    return { event, state, bytes: state === 'cannotTell' ? [] : [{ covers, bytes: data }] };
  }
  const { state } = checkDigest(type, data, digests, frame.steps.algorithm, pool.at(index));
  return { event, state, bytes: digestCandidates(type, data) };
}

const lazy = (digests: Digests, algorithm: AlgorithmName, bytes: () => Uint8Array) => (): Uint8Array =>
  digests.digest(algorithm, bytes());

/** The digests of the data, as its type allows, and of its other encodings. */
function ofData(context: Context, kind: EditKind, { bytes }: Bound): Replacement[] {
  const { digests, frame } = context;
  const { algorithm } = frame.steps;
  return bytes.flatMap(({ covers, bytes: base }) => [
    { kind, words: `the digest of: ${covers}`, digest: lazy(digests, algorithm, () => base) },
    ...ENCODINGS.filter((one) => one.applies(base)).map(({ words, make }) => ({
      kind: 'encoding' as const,
      words: `the digest of: ${covers} ${words}`,
      digest: lazy(digests, algorithm, () => make(base)),
    })),
  ]);
}

/** A separator with one of the other values. */
function separators(context: Context, { event }: Bound): Replacement[] {
  const { digests, frame } = context;
  if (event.type !== EV_SEPARATOR || frame.steps.log.numbering === 'single') return [];
  return SEPARATORS.filter(({ bytes }) => !equalBytes(bytes, event.data)).map(({ name, bytes }) => ({
    kind: 'separator',
    words: `that of the ${name}`,
    digest: lazy(digests, frame.steps.algorithm, () => bytes),
  }));
}

/** Hashed once more, or not at all. */
function preHashed(context: Context, index: number, { event, state }: Bound): Replacement[] {
  const { digests, frame, pool } = context;
  const { algorithm, size } = frame.steps;
  const digest = pool.at(index).slice();
  const of = (words: string, bytes: () => Uint8Array): Replacement => ({
    kind: 'pre-hashed',
    words,
    digest: lazy(digests, algorithm, bytes),
  });
  const all = [
    of('the digest of the logged digest', () => digest),
    of('the digest of the logged digest in hexadecimal', () => utf8Bytes(toHex(digest))),
  ];
  if (state === 'cannotTell') all.push(of('the digest of the event data', () => event.data));
  if (event.data.length === size) {
    const raw = (): Uint8Array => event.data;
    all.push({ kind: 'pre-hashed', words: 'the event data as it is, not hashed', digest: raw });
  }
  return all;
}

/** All classes that give one event another digest from its own data, and those that flip a bit. */
export function* variantClasses(context: Context): Slices<SearchClass[]> {
  const bound: Bound[] = [];
  while (bound.length < context.frame.count) {
    if (bound.length % SLICE === 0) yield* context.pause();
    bound.push(boundOf(context, bound.length));
  }
  const of = (index: number): Bound => bound[index] ?? boundOf(context, index);
  const all = [...bound.keys()];
  const where = (test: (one: Bound) => boolean): number[] => all.filter((index) => test(of(index)));
  const contradicting = where(({ state }) => state === 'contradicts');
  const matching = where(({ state }) => state === 'matches');
  const separating = where((one) => separators(context, one).length > 0);
  const others = where(({ state }) => state !== 'contradicts');
  return [
    replacement(context, 'digest-of-data', contradicting, (i) => ofData(context, 'digest-of-data', of(i))),
    replacement(context, 'separator', separating, (i) => separators(context, of(i))),
    replacement(context, 'encoding', matching, (i) => ofData(context, 'encoding', of(i))),
    replacement(context, 'pre-hashed', all, (i) => preHashed(context, i, of(i))),
    bitFlips(context, 'bit-flip-suspect', contradicting),
    bitFlips(context, 'bit-flip', others),
  ];
}

/** SYNC lines that state another value than the replay: the line with the replayed value instead. */
export function statedValues(context: Context): SearchClass {
  const { frame, digests } = context;
  const { anchors, algorithm } = frame.steps;
  const wrong = anchors.filter(({ at, value }) => frame.whole && !equalBytes(value, stateAt(frame, at)));
  const words = 'the digest of the line with the replayed value';
  return replacement(
    context,
    'stated-value',
    wrong.map(({ at }) => at),
    (index) => [
      { kind: 'stated-value', words, digest: lazy(digests, algorithm, () => statedLine(frame, index)) },
    ],
  );
}

function statedLine(frame: Frame, index: number): Uint8Array {
  return utf8Bytes(`SYNC ${frame.steps.algorithm}/${toHex(stateAt(frame, index))}`);
}
