/** The mismatch solver in workers: the answer of one thread, progress, and an end whenever it is wanted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { utf8Bytes } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { decodeLog, encodeAgileLog, explain, type Explanation, type ExplainProgress } from '@tsm/eventlog';
import { explainOnCores, nodeDigests, type ExplainOnCores } from '@tsm/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesOf, foreignOf, FOREIGN, sampleOf, subjectsOf, valueOf } from '../../../tools/lib/mutations.mjs';
import { bundledWorker } from './support/worker.ts';

const digests = nodeDigests();
const EV_ACTION = 5;

function logOf(count: number): Uint8Array {
  const events = Array.from({ length: count }, (_, i) => {
    const data = utf8Bytes(`event ${i}`);
    return { register: 1, type: EV_ACTION, data, digests: { sha384: digests.digest('sha384', data) } };
  });
  return encodeAgileLog(['sha384'], events, { headerRegister: 1 });
}

const small = logOf(40);
const large = logOf(1500);
const UNKNOWN = new Uint8Array(48).fill(0xab);
const unknown = { register: 1, algorithm: 'sha384', expected: UNKNOWN } as const;

let folder: string;
let worker: URL;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-explain-'));
  worker = await bundledWorker(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** In workers from the first extend on. */
const inWorkers = (bytes: Uint8Array, options: ExplainOnCores): Promise<Explanation> =>
  explainOnCores({ bytes }, { alone: 0, jobs: 2, worker, ...options });

function answer({ found, edits, unique, proof, stopped }: Explanation): object {
  return { found, edits, unique, proof, stopped };
}

describe('workers', () => {
  it('give the answer of one thread, whichever edit it is', async () => {
    const random = seededRandom(3);
    const cases = sampleOf(casesOf(subjectsOf('small', decodeLog(small), digests), 100, random), 16, random);
    for (const [i, one] of cases.entries()) {
      const known = [{ digest: foreignOf(one.subject), name: FOREIGN }];
      const { register, algorithm } = one.subject;
      const options = { register, algorithm, expected: valueOf(one), known };
      const wanted = await explain(decodeLog(small), { ...options, digests });
      expect(wanted.found).toBe(true);
      const got = await inWorkers(small, { ...options, jobs: 2 + (i % 2) });
      expect(answer(got), one.kind).toEqual(answer(wanted));
    }
  });

  it('share the candidates, tell their progress, and keep to the budget of all', async () => {
    const seen: ExplainProgress[] = [];
    const budget = 3_000_000;
    const onProgress = (progress: ExplainProgress): void => void seen.push(progress);
    const result = await inWorkers(large, { ...unknown, budget, onProgress });
    expect(result).toMatchObject({ found: false, stopped: 'budget' });
    expect(result.cost.spent).toBeLessThanOrEqual(budget);
    expect(result.cost.spent).toBeGreaterThan(0.9 * budget);
    expect(seen.every(({ spent, planned }) => spent <= planned && spent <= budget)).toBe(true);
    expect(seen.some(({ kind }) => kind === 'extra')).toBe(true);
    const alone = await explain(decodeLog(large), { ...unknown, budget, digests });
    const candidates = ({ searched }: Explanation): number | undefined =>
      searched.find(({ kind }) => kind === 'extra')?.candidates;
    expect(candidates(result)).toBe(candidates(alone));
  });

  it('are not started for a search that is over before', async () => {
    const nowhere = pathToFileURL(path.join(folder, 'nowhere.mjs'));
    const options = { ...unknown, worker: nowhere, classes: ['extra', 'again', 'swap-adjacent'] };
    expect(await explainOnCores({ bytes: small }, options)).toMatchObject({ found: false });
    await expect(explainOnCores({ bytes: small }, { ...options, jobs: 0 })).rejects.toThrow(RangeError);
  });

  it('decode the known-good log too', async () => {
    const events = [...decodeLog(small)].filter(({ measured }) => measured);
    const short = encodeAgileLog(
      ['sha384'],
      events.slice(1).map(({ data }) => ({
        ...{ register: 1, type: EV_ACTION, data },
        digests: { sha384: digests.digest('sha384', data) },
      })),
      { headerRegister: 1 },
    );
    const chain = digests.chain('sha384', new Uint8Array(48));
    for (const { data } of events) chain.extend(digests.digest('sha384', data));
    const options = { ...unknown, expected: chain.value(), knownGood: { bytes: small } };
    const { edits } = await inWorkers(short, options);
    expect(edits).toMatchObject([{ kind: 'missing', name: expect.stringContaining('known-good') as string }]);
  });
});

describe('the end', () => {
  const stopAt = async (kind: string, options: Partial<ExplainOnCores> = {}): Promise<Explanation> => {
    const controller = new AbortController();
    const began = { at: 0 };
    const result = await inWorkers(large, {
      ...{ ...unknown, ...options, signal: controller.signal },
      onProgress: (progress) => {
        if (progress.kind !== kind || began.at > 0) return;
        began.at = performance.now();
        controller.abort();
      },
    });
    expect(began.at).toBeGreaterThan(0);
    expect(performance.now() - began.at).toBeLessThan(3000);
    return result;
  };

  it.each(['set-up', 'extra'])('comes at once when it is cancelled in %s', async (kind) => {
    const result = await stopAt(kind);
    expect(result).toMatchObject({ found: false, stopped: 'cancelled' });
    expect(result.notSearched[0]?.reason).toBe('cancelled');
    if (kind === 'extra') expect(result.searched.some(({ candidates }) => candidates > 0)).toBe(true);
  });

  it('comes before anything is searched when it was cancelled before', async () => {
    const signal = AbortSignal.abort();
    const result = await inWorkers(large, { ...unknown, signal });
    expect(result).toMatchObject({ found: false, stopped: 'cancelled' });
    expect(result.searched).toEqual([]);
  });

  it('is forced on workers that do not answer', async () => {
    const deaf = path.join(folder, 'deaf.mjs');
    const told = { kind: 'extra', spent: 7, planned: 9, rank: [1, 0], solutions: [], stretches: 0 };
    await writeFile(
      deaf,
      `import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ progress: ${JSON.stringify(told)} });
      setTimeout(() => { for (;;); }, 50);`,
    );
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 400);
    const options = { ...unknown, worker: pathToFileURL(deaf), signal: controller.signal };
    const { stopped, notSearched, cost } = await inWorkers(large, options);
    expect(stopped).toBe('cancelled');
    expect(notSearched[0]).toMatchObject({ kind: 'extra', reason: 'cancelled' });
    expect(cost.spent).toBeGreaterThanOrEqual(14);
  });

  it.each<[string, string, string]>([
    ['throws', `throw new Error('out of order');`, 'failed: out of order'],
    ['leaves', `process.exit(3);`, 'ended without an answer, with code 3'],
  ])('comes with an error when a worker %s', async (name, code, text) => {
    const file = path.join(folder, `${name}.mjs`);
    await writeFile(file, code);
    await expect(inWorkers(large, { ...unknown, worker: pathToFileURL(file) })).rejects.toThrow(
      new RegExp(`^worker [12] of 2 ${text}`),
    );
  });
});
