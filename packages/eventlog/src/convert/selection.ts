/** The events that a conversion carries: those of one register, or one bank, or all; and the digests that go with each. */
import { ALGORITHMS, type AlgorithmName, type Digests } from '@tsm/core';
import type { CelDigest } from '../cel/model.ts';
import type { TextDialect } from '../log.ts';
import { EV_NO_ACTION } from '../tcg/walk.ts';
import type { ConvertTarget } from './model.ts';
import type { Source, SourceEvent } from './source.ts';

export interface Selection {
  readonly source: Source;
  /** In the order of the log. */
  readonly events: readonly SourceEvent[];
  /** Banks that the events extend, in the order of the log. */
  readonly banks: readonly AlgorithmName[];
  /** True where the banks are not all that the source has. */
  readonly oneBank: boolean;
  readonly format: ConvertTarget['format'];
  readonly dialect: TextDialect;
  readonly digests: Digests;
}

/** Only the digests of this bank. */
function ofBank(one: SourceEvent, bank: AlgorithmName): SourceEvent {
  const { event } = one;
  return {
    ...one,
    event: { ...event, digests: event.digests.filter(({ algorithm }) => algorithm === bank) },
    extends: one.extends.filter(({ algorithm }) => algorithm === bank),
  };
}

/** `register`: as the log calls it; undefined for all. */
export function select(
  source: Source,
  { format, dialect = 'rfc', algorithm }: ConvertTarget,
  register: string | null | undefined,
  digests: Digests,
): Selection {
  const ofRegister =
    register === undefined ? source.events : source.events.filter((one) => one.register === register);
  const events = algorithm === undefined ? ofRegister : ofRegister.map((one) => ofBank(one, algorithm));
  const used = new Set(events.flatMap((one) => one.extends.map((step) => step.algorithm)));
  const banks = source.log.algorithms.filter((one) => used.has(one));
  return { source, events, banks, oneBank: algorithm !== undefined, format, dialect, digests };
}

export const extendsNothing = (one: SourceEvent): boolean => one.extends.length === 0;

/** Is this an event that extends nothing wherever it stands? */
export const isNoAction = ({ contentType, content }: SourceEvent): boolean =>
  contentType === 'pcclient_std' && content.type === EV_NO_ACTION;

/**
 * The digests that an event carries: what it extends, and those that extend nothing because their algorithm is not known,
 * or the event is none to extend by.
 */
export function digestsOf({ event, extends: steps }: SourceEvent): CelDigest[] {
  if (steps.length === 0 && event.measured) return [];
  const stored = event.digests.map(({ tcgId, algorithm, digest }) => ({
    ...{ tcgId, algorithm },
    digest: steps.find((one) => one.algorithm === algorithm)?.digest ?? digest,
  }));
  const computed = steps.filter((one) => !stored.some(({ algorithm }) => algorithm === one.algorithm));
  return [
    // A bank whose name no algorithm has is one without a number.
    ...stored.flatMap(({ tcgId, digest }) => (tcgId === 0 ? [] : [{ tcgId, digest }])),
    ...computed.map(({ algorithm, digest }) => ({ tcgId: ALGORITHMS[algorithm].tcgId, digest })),
  ];
}
