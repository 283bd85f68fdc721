/** Edits that bring a digest from elsewhere: an extend that the log lacks, or an event with another content. */
import type { Candidate } from './candidates.ts';
import { edit, eventOf, eventText, type Context } from './context.ts';
import { eventAt } from './frame.ts';
import type { Edit } from './model.ts';
import { splice, type SearchClass } from './trial.ts';
import { digestWords, gapWords } from './words.ts';

function describeMissing(context: Context, gap: number, candidate: Candidate | undefined): Edit[] {
  const { frame } = context;
  if (!candidate) return [];
  const before = eventAt(frame, gap - 1);
  const digest = candidate.digest.slice();
  const name = candidate.name();
  const where = gapWords(frame.steps.log, before, eventAt(frame, gap));
  const words = `an event is missing from the log: ${where} the register was extended with ${digestWords(digest)} — ${name}`;
  return [edit(context, 'missing', before, words, { digest, name })];
}

/** An extend by one of these in the gaps `first`…`last`, a gap being before the event of that number. */
export function missing(
  context: Context,
  kind: string,
  candidates: readonly Candidate[],
  first: number,
  last: number,
): SearchClass {
  const { frame, pool } = context;
  const numbers = candidates.map(({ digest }) => pool.add(digest));
  return {
    kind,
    positions: last - first + 1,
    candidates: () => candidates.length,
    cost: (position) => candidates.length * (1 + frame.count - first - position),
    fill: (position, index, trial) => splice(trial, first + position, first + position, numbers[index] ?? 0),
    describe: (position, index) => describeMissing(context, first + position, candidates[index]),
  };
}

function describeReplaced(context: Context, index: number, candidate: Candidate | undefined): Edit[] {
  if (!candidate) return [];
  const digest = candidate.digest.slice();
  const name = candidate.name();
  const words = `instead of ${eventText(context, index)} the register was extended with ${digestWords(digest)} — ${name}`;
  return [edit(context, 'replaced', eventOf(context, index), words, { digest, name })];
}

/** Any event with one of these digests instead of its own. */
export function replaced(context: Context, kind: string, candidates: readonly Candidate[]): SearchClass {
  const { frame, pool } = context;
  const numbers = candidates.map(({ digest }) => pool.add(digest));
  return {
    kind,
    positions: frame.count,
    candidates: () => candidates.length,
    cost: (position) => candidates.length * (frame.count - position),
    fill: (position, index, trial) => splice(trial, position, position + 1, numbers[index] ?? 0),
    describe: (position, index) => describeReplaced(context, position, candidates[index]),
  };
}
