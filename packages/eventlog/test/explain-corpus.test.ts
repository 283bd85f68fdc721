/** A seeded sample of the mutation corpus: `tools/mutation-corpus.mjs` runs all of it, over real logs. */
import { seededRandom } from '@tsm/core/testing';
import { expect, it } from 'vitest';
import { casesOf, sampleOf, solve, subjectsOf } from '../../../tools/lib/mutations.mjs';
import { decodeLog } from '../src/index.ts';
import { nodeDigests, OWN } from './support/logs.ts';

const CASES = 200;

it(`${CASES} registers that differ from their log by one edit: each is explained, with its proof`, () => {
  const random = seededRandom(20);
  const subjects = Object.entries(OWN).flatMap(([name, bytes]) =>
    subjectsOf(name, decodeLog(bytes), nodeDigests),
  );
  const cases = sampleOf(casesOf(subjects, CASES, random), CASES, random);
  expect(cases).toHaveLength(CASES);
  const failed = cases.filter((one) => {
    const { explained, right } = solve(one);
    return !explained || !right;
  });
  expect(
    failed.map(
      ({ kind, position, subject }) => `${kind} at ${position} of ${subject.name}/${subject.register}`,
    ),
  ).toEqual([]);
});
