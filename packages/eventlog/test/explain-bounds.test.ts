/** What an explanation costs, counted in extends of the backend; and that damaged logs never make it throw. */
import { concat } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, it } from 'vitest';
import { decodeLog, diffLogs, diffText, encodeAgileLog, explainSteps, logText } from '../src/index.ts';
import { lengthFields, mutate } from './support/bad-input.ts';
import { actions, CC, countingChains, digestsOf, explained, valueOf } from './support/explain.ts';
import { EV, event, nodeDigests, OWN } from './support/logs.ts';

const UNKNOWN = new Uint8Array(48).fill(0xab);
const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => `event ${i}`);

describe('bounds', () => {
  it.each([100, 1000])(
    '%i events: drop, duplicate, adjacent swap and each candidate within 1.2 × n²/2',
    (n) => {
      const { digests, extends: counted } = countingChains(true);
      const budget = n === 100 ? 300_000 : 1_700_000;
      const { searched, cost } = explained(actions(texts(n)), { expected: UNKNOWN, digests, budget });
      expect(counted()).toBe(cost.spent);
      const bound = (1.2 * n * n) / 2;
      const of = (kind: string): { candidates: number; extends: number } =>
        searched.find((one) => one.kind === kind)!;
      for (const kind of ['extra', 'again', 'swap-adjacent']) {
        expect(of(kind).candidates, kind).toBe(kind === 'swap-adjacent' ? n - 1 : n);
        expect(of(kind).extends, kind).toBeLessThanOrEqual(bound);
      }
      if (n > 100) return;
      const missing = of('missing');
      expect(missing.extends / (missing.candidates / n)).toBeLessThanOrEqual(bound);
    },
  );

  it.each(['extra', 'again', 'swap-adjacent', 'missing-known'])(
    'a search for %s alone costs no more in all: 1,000 events',
    (kind) => {
      const n = 1000;
      const { digests, extends: counted } = countingChains(true);
      const known = [{ digest: new Uint8Array(48).fill(5), name: 'known' }];
      const { cost } = explained(actions(texts(n)), { expected: UNKNOWN, known, classes: [kind], digests });
      expect(counted()).toBe(cost.spent);
      expect(cost.spent).toBe(cost.planned);
      expect(cost.spent).toBeGreaterThan((0.9 * (n * n)) / 2);
      expect(cost.spent).toBeLessThanOrEqual((1.2 * n * n) / 2);
    },
  );

  it('a register that replays costs one replay', () => {
    const log = actions(texts(500));
    const { digests, extends: counted } = countingChains();
    expect(explained(log, { expected: valueOf(digestsOf(log, 1)), digests })).toMatchObject({
      found: true,
      edits: [],
    });
    expect(counted()).toBe(500);
  });

  it('with a known-good log of 5,000 events, one and two edits cost a few replays', () => {
    const n = 5000;
    const names = texts(n);
    const log = actions(names);
    const knownGood = actions([
      ...names.slice(0, 700),
      'new',
      ...names.slice(700, 3000),
      'other',
      ...names.slice(3001),
      'end',
    ]);
    const { digests, extends: counted } = countingChains(true);
    const good = digestsOf(knownGood, 1);
    for (const wanted of [good, good.slice(0, -1)]) {
      const chain = digests.chain('sha384', new Uint8Array(48));
      for (const digest of wanted) chain.extend(digest);
      const before = counted();
      const { found, edits } = explained(log, { expected: chain.value(), digests, knownGood, maxEdits: 2 });
      expect(found).toBe(true);
      expect(edits).toHaveLength(wanted === good ? 3 : 2);
      expect(counted() - before).toBeLessThan(12 * n);
    }
  });
});

describe('damaged logs', () => {
  const random = seededRandom(41);
  const originals = Object.values(OWN).map((bytes) => ({ bytes, fields: lengthFields(bytes) }));
  const other = decodeLog(OWN.ccel);

  it('never throw, and cost no more than their budget: 500 seeded cases', () => {
    for (let i = 0; i < 500; i++) {
      const { bytes, fields } = originals[i % originals.length]!;
      const log = decodeLog(mutate(bytes, fields, random));
      const register = log.numbering === 'single' ? 0 : random(3);
      const algorithm = log.algorithms[0] ?? 'sha384';
      const expected = new Uint8Array(random(8) === 0 ? 20 : 48).fill(i);
      const knownGood = random(2) === 0 ? other : decodeLog(bytes);
      const options = {
        register,
        algorithm,
        expected,
        budget: 500,
        digests: nodeDigests,
        maxEdits: 2 as const,
        knownGood,
      };
      const slices = explainSteps(log, options);
      let step = slices.next();
      while (!step.done) step = slices.next();
      expect(step.value.cost.spent).toBeLessThanOrEqual(500);
      expect(diffText(diffLogs([decodeLog(bytes), log], { digests: nodeDigests }))).not.toBe('');
      logText(log, { digests: nodeDigests });
    }
  });

  it('equal events without end do not make it slow', () => {
    const same = event(1, EV.action, 'x', CC);
    const head = encodeAgileLog(CC, [same], { headerRegister: 1 });
    const header = encodeAgileLog(CC, [], { headerRegister: 1 }).length;
    const body = head.subarray(header);
    const log = decodeLog(concat(head, ...Array.from({ length: 3000 }, () => body)));
    const { digests } = countingChains(true);
    const chain = digests.chain('sha384', new Uint8Array(48));
    for (let i = 0; i < 3000; i++) chain.extend(same.digests.sha384!);
    const { edits } = explained(log, { expected: chain.value(), digests });
    expect(edits).toMatchObject([{ kind: 'past-evidence' }]);
    expect(edits[0]?.alternatives?.map(({ kind }) => kind)).toEqual(['duplicate']);
  });
});
