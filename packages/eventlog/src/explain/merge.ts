/**
 * One answer from the parts of a search. Everything that is searched has a rank, in the order in which a search without
 * parts comes to it: the solution of the lowest rank is the answer, whoever finds it and when.
 */
import type {
  Explanation,
  ExplainOptions,
  NotSearched,
  PartExplanation,
  Rank,
  Searched,
  Solution,
} from './model.ts';

/** First number of a rank: the steps of a search, in their order. The second one is the number of the stretch. */
export const STEP = { otherBank: 0, whole: 1, stretch: 2, place: 3 } as const;

/** Negative where `a` comes before `b`. */
function compareRanks(a: Rank, b: Rank): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The solutions that a search without parts would give: one, or one for each stretch. */
function answerOf(solutions: readonly Solution[], stretches: number): readonly Solution[] | undefined {
  const sorted = [...solutions].sort((one, two) => compareRanks(one.rank, two.rank));
  const firstOf = (step: number, stretch = 0): Solution | undefined =>
    sorted.find(({ rank }) => rank[0] === step && rank[1] === stretch);
  const whole = firstOf(STEP.otherBank) ?? firstOf(STEP.whole);
  if (whole) return [whole];
  const each = Array.from({ length: stretches }, (_, i) => firstOf(STEP.stretch, i) ?? []).flat();
  if (stretches > 0 && each.length === stretches) return each;
  const place = firstOf(STEP.place);
  return place && [place];
}

/** What the parts found until now. */
export interface Standing {
  readonly solutions: readonly Solution[];
  readonly stretches: number;
}

/** Is there an answer that nothing from this rank on can change? A part that came so far may stop. */
export function isBeaten(rank: Rank, { solutions, stretches }: Standing): boolean {
  const last = answerOf(solutions, stretches)?.at(-1);
  return last !== undefined && compareRanks(rank, last.rank) > 0;
}

/** Adds up what has the same key. */
function addUp<T extends Searched>(all: readonly T[], keyOf: (one: T) => string): T[] {
  const sums = new Map<string, T>();
  for (const one of all) {
    const sum = sums.get(keyOf(one));
    const { candidates, extends: spent } = sum ?? { candidates: 0, extends: 0 };
    const both = { candidates: candidates + one.candidates, extends: spent + one.extends };
    sums.set(keyOf(one), { ...one, ...both });
  }
  return [...sums.values()];
}

/** What cannot be searched at all, said where nothing was found. */
function beyond(maxEdits: number): NotSearched[] {
  const unknown = { kind: 'unknown-extend', candidates: 0, extends: 0, reason: 'cannot-be-known' } as const;
  const two = { kind: 'two-edits', candidates: 0, extends: 0, reason: 'max-edits' } as const;
  return maxEdits === 1 ? [unknown, two] : [unknown];
}

function stoppedBy(parts: readonly PartExplanation[]): PartExplanation['stopped'] {
  const reasons = parts.map(({ stopped }) => stopped);
  return (['cancelled', 'budget'] as const).find((reason) => reasons.includes(reason)) ?? 'exhausted';
}

type Asked = Pick<ExplainOptions, 'register' | 'algorithm' | 'expected' | 'maxEdits'>;

/**
 * Puts the parts of a search together: all that {@link explainPart} returned for `part` 0…`of` − 1. The answer is the one of
 * a search without parts; counts and costs are added up.
 */
export function mergeExplanations(
  { register, algorithm, expected, maxEdits = 1 }: Asked,
  parts: readonly PartExplanation[],
): Explanation {
  const stretches = Math.max(0, ...parts.map((part) => part.stretches));
  const answer = answerOf(
    parts.flatMap(({ solutions }) => solutions),
    stretches,
  );
  const edits = answer?.flatMap((one) => one.edits) ?? [];
  const left = parts.flatMap(({ notSearched }) => notSearched);
  // A part that was beaten was cancelled because of what another one found.
  const why = ({ reason, ...rest }: NotSearched): NotSearched => ({
    ...rest,
    reason: answer && reason === 'cancelled' ? 'found' : reason,
  });
  const notSearched = addUp(left.map(why), ({ kind, reason }) => `${kind} ${reason}`);
  const sum = (of: 'planned' | 'spent'): number => parts.reduce((all, { cost }) => all + cost[of], 0);
  return {
    ...{ register, algorithm, expected },
    found: answer !== undefined,
    edits,
    unique: answer !== undefined && edits.every(({ alternatives }) => alternatives === undefined),
    proof: answer?.flatMap(({ proof }) => proof) ?? [],
    searched: addUp(
      parts.flatMap(({ searched }) => searched),
      ({ kind }) => kind,
    ),
    notSearched: answer ? notSearched : [...notSearched, ...beyond(maxEdits)],
    cost: { planned: sum('planned'), spent: sum('spent') },
    stopped: answer ? 'found' : stoppedBy(parts),
  };
}
