/** A search in parts gives the answer of a search in one, whoever is faster: over seeded mutations, and by hand. */
import { portableDigests as digests, utf8Bytes } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';
import { casesOf, FOREIGN, foreignOf, sampleOf, subjectsOf, valueOf } from '../../../tools/lib/mutations.mjs';
import {
  decodeLog,
  explainPart,
  explainSteps,
  isBeaten,
  mergeExplanations,
  startText,
  type EventLog,
  type Explanation,
  type ExplainOptions,
  type PartExplanation,
  type PartProgress,
} from '../src/index.ts';
import { actions, countingChains, digestsOf, valueOf as replayed } from './support/explain.ts';
import { appending, digestOfText, extending, OWN, written, zero } from './support/logs.ts';

const CASES = 300;
const PARTS = [1, 2, 3, 8];

/** Runs the parts in turns that chance gives; a part that another one has beaten is stopped. */
function inParts(
  log: EventLog,
  options: ExplainOptions,
  of: number,
  random: (n: number) => number,
): Explanation {
  const parts = Array.from({ length: of }, (_, index) => explainPart(log, options, { index, of }));
  const seen: (PartProgress | PartExplanation | undefined)[] = parts.map(() => undefined);
  const done: PartExplanation[] = [];
  const open = new Set(parts.keys());
  while (open.size > 0) {
    const index = [...open][random(open.size)]!;
    const last = seen[index];
    const standing = {
      solutions: seen.flatMap((one) => one?.solutions ?? []),
      stretches: Math.max(...seen.map((one) => one?.stretches ?? 0)),
    };
    const stop = last !== undefined && 'rank' in last && isBeaten(last.rank, standing);
    const step = parts[index]!.next(stop);
    seen[index] = step.value;
    if (!step.done) continue;
    done[index] = step.value;
    open.delete(index);
  }
  return mergeExplanations(options, done);
}

function inOne(log: EventLog, options: ExplainOptions): Explanation {
  const slices = explainSteps(log, options);
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}

/** What must be the same: everything but what was searched besides. */
function answer({ found, edits, unique, proof, stopped }: Explanation): object {
  return { found, edits, unique, proof, stopped };
}

describe('parts', () => {
  const random = seededRandom(8);
  const subjects = Object.entries(OWN).flatMap(([name, bytes]) =>
    subjectsOf(name, decodeLog(bytes), digests),
  );
  const cases = sampleOf(casesOf(subjects, CASES, random), CASES, random);

  it(`${CASES} registers that differ by one edit: ${PARTS.join(', ')} parts give the same answer`, () => {
    for (const one of cases) {
      const { log, register, algorithm } = one.subject;
      const known = [{ digest: foreignOf(one.subject), name: FOREIGN }];
      const options = { register, algorithm, expected: valueOf(one), known, digests };
      const wanted = inOne(log, options);
      expect(wanted.found).toBe(true);
      for (const of of PARTS)
        expect(answer(inParts(log, options, of, random)), `${one.kind}, ${of} parts`).toEqual(answer(wanted));
    }
  });

  it('a stretch that one part explains and another that the other does: both edits are there', () => {
    const lines = ['first line', 'second line', 'third line'].map((line) => appending(line));
    const { bytes } = written(
      startText('rfc', 'sha384', zero()),
      ...lines,
      extending(digestOfText('elsewhere')),
      ...['victor', 'whisky', 'xray', 'yankee'].map((line) => appending(line)),
    );
    const whole = decodeLog(bytes);
    const text = new TextDecoder().decode(bytes).replace('second line', 'second line\nadded');
    const broken = decodeLog(
      utf8Bytes(text.replace('whisky', 'W').replace('xray', 'whisky').replace('W', 'xray')),
    );
    const expected = replayed(digestsOf(whole, 0));
    const options = { register: 0, algorithm: 'sha384', expected, digests } as const;
    const wanted = inOne(broken, options);
    expect(wanted.edits.map(({ kind }) => kind)).toEqual(['extra', 'swapped']);
    for (const of of PARTS) expect(answer(inParts(broken, options, of, random))).toEqual(answer(wanted));
  });

  it('two edits by a known-good log', () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    const log = actions(letters);
    const knownGood = actions(['a', 'b', 'x', 'c', 'y', 'e', 'g']);
    const expected = replayed(['a', 'b', 'x', 'c', 'y', 'e', 'f'].map((text) => digestOfText(text)));
    const options = { register: 1, algorithm: 'sha384', expected, knownGood, maxEdits: 2 } as const;
    const wanted = inOne(log, options);
    expect(wanted.edits.map(({ kind }) => kind)).toEqual(['missing', 'replaced']);
    for (const of of PARTS) expect(answer(inParts(log, options, of, random))).toEqual(answer(wanted));
  });

  it.each(PARTS)('%i parts try each candidate once where nothing is found', (of) => {
    const log = actions(Array.from({ length: 12 }, (_, i) => `event ${i}`));
    const { digests: counting, extends: counted } = countingChains(true);
    const expected = new Uint8Array(48).fill(0xab);
    const options = { register: 1, algorithm: 'sha384', expected, digests: counting } as const;
    const wanted = inOne(log, options);
    const before = counted();
    const merged = inParts(log, options, of, random);
    expect(new Map(merged.searched.map((one) => [one.kind, one]))).toEqual(
      new Map(wanted.searched.map((one) => [one.kind, one])),
    );
    expect(merged.notSearched).toEqual(wanted.notSearched);
    expect(merged.cost.spent).toBe(counted() - before);
    // Each part replays the log once for itself.
    expect(merged.cost.spent - wanted.cost.spent).toBe(12 * (of - 1));
    expect(merged.cost.planned).toBe(merged.cost.spent);
  });
});
