/** The mismatch solver: each class of edits is found, proven and told; what is not found is listed. */
import { concat, fromHex, toHex, utf16Bytes, utf8Bytes } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import {
  decodeLog,
  encodeAgileLog,
  EDIT_KINDS,
  explain,
  explainSteps,
  startText,
  type EditKind,
  type EventLog,
} from '../src/index.ts';
import { actions, CC, countingChains, digestsOf, explained, valueOf } from './support/explain.ts';
import {
  appending,
  digestOfText,
  EV,
  event,
  extending,
  locality,
  nodeDigests,
  words,
  written,
  zero,
} from './support/logs.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const log = actions(LETTERS);
const own = digestsOf(log, 1);
const [a, b, c, d, e, f] = own as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const foreign = digestOfText('somewhere else');
const flipped = (digest: Uint8Array, byte: number, bit: number): Uint8Array =>
  digest.map((value, i) => (i === byte ? value ^ (1 << bit) : value));

describe('one edit of a firmware log', () => {
  it.each<[string, readonly Uint8Array[], EditKind, number | null, string]>([
    ['an earlier value', [a, b, c], 'past-evidence', 4, 'goes on past the evidence by 3 events'],
    ['an event too many', [a, b, d, e, f], 'extra', 3, 'event 3 EV_ACTION "c" is in the log'],
    ['an event extended twice', [a, b, b, c, d, e, f], 'again', 2, 'twice with event 2 EV_ACTION "b"'],
    ['two neighbours swapped', [a, c, b, d, e, f], 'swapped', 2, 'in the other order'],
    ['two others swapped', [a, e, c, d, b, f], 'swapped', 2, 'event 2 EV_ACTION "b" and event 5'],
    ['an event moved up', [a, c, d, e, b, f], 'moved', 2, 'event 2 EV_ACTION "b" after event 5'],
    ['an event moved down', [a, e, b, c, d, f], 'moved', 5, 'event 5 EV_ACTION "e" before event 2'],
    ['another event of the log again', [a, b, c, d, a, e, f], 'missing', 4, 'that of event 1 EV_ACTION "a"'],
    ['one bit', [a, b, flipped(c, 3, 5), d, e, f], 'bit-flip', 3, '(byte 3, bit 5)'],
    ['data with a NUL', [a, b, digestOfText('c\0'), d, e, f], 'encoding', 3, 'with a NUL at its end'],
    ['data with a line feed', [a, digestOfText('b\n'), c, d, e, f], 'encoding', 2, 'with a line feed'],
    [
      'data in UTF-16',
      [nodeDigests.digest('sha384', utf16Bytes('a\0')), b, c, d, e, f],
      'encoding',
      1,
      'in UTF-16, with a NUL',
    ],
    [
      'a digest hashed again',
      [a, b, c, d, nodeDigests.digest('sha384', e), f],
      'pre-hashed',
      5,
      'of the logged digest',
    ],
    [
      'an action that firmware did not log',
      [a, b, c, d, e, f, digestOfText('Exit Boot Services Invocation')],
      'missing',
      6,
      'after the last event, 6 EV_ACTION, the register was extended with',
    ],
    [
      'a separator in the middle',
      [a, b, nodeDigests.digest('sha384', words(0)), c, d, e, f],
      'missing',
      2,
      'separator 00000000',
    ],
  ])('%s', (_name, digests, kind, at, told) => {
    const expected = valueOf(digests);
    const { found, edits, proof, unique, stopped } = explained(log, { expected });
    expect({ found, unique, stopped }).toEqual({ found: true, unique: true, stopped: 'found' });
    expect(edits).toMatchObject([{ kind, register: 1, event: at }]);
    expect(edits[0]?.words).toContain(told);
    const [step] = proof;
    const inserted = step!.extends.map(({ digest }) => digest);
    const rest = step!.resumes === null ? [] : own.slice(step!.resumes - 1);
    expect(valueOf([...inserted, ...rest], step!.from)).toEqual(expected);
    expect(step!.from).toEqual(valueOf(own.slice(0, step!.after ?? 0)));
    expect(step!.value).toEqual(expected);
  });

  it.each<[string, EditKind, string]>([
    ['missing', 'missing', 'between 2 EV_ACTION and 3 EV_ACTION'],
    ['replaced', 'replaced', 'instead of event 3 EV_ACTION "c"'],
  ])('%s: a digest of the dictionary', (how, kind, told) => {
    const expected = valueOf(how === 'missing' ? [a, b, foreign, c, d, e, f] : [a, b, foreign, d, e, f]);
    const known = [{ digest: foreign, name: 'the other thing' }];
    const { edits } = explained(log, { expected, known });
    expect(edits).toMatchObject([{ kind, digest: foreign, name: 'known as the other thing' }]);
    expect(edits[0]?.words).toContain(told);
  });

  it('the log as it stands explains the value: found, with no edit', () => {
    expect(explained(log, { expected: valueOf(own) })).toMatchObject({
      found: true,
      edits: [],
      unique: true,
    });
  });

  it('a digest that contradicts its data: the digest of the data', () => {
    const events = LETTERS.map((text) => event(1, EV.action, text, CC));
    const wrong = events.map((one, i) => (i === 2 ? { ...one, digests: { sha384: flipped(c, 0, 0) } } : one));
    const broken = decodeLog(encodeAgileLog(CC, wrong, { headerRegister: 1 }));
    const { edits } = explained(broken, { expected: valueOf(own) });
    expect(edits).toMatchObject([
      { kind: 'digest-of-data', event: 3, equivalent: [expect.stringContaining('one bit')] },
    ]);
  });

  it('a separator with another value', () => {
    const mixedLog = decodeLog(
      encodeAgileLog(CC, [event(1, EV.action, 'a', CC), event(1, EV.separator, words(0), CC)], {
        headerRegister: 1,
      }),
    );
    const expected = valueOf([a, nodeDigests.digest('sha384', words(0xffffffff))]);
    expect(explained(mixedLog, { expected }).edits).toMatchObject([{ kind: 'separator', event: 2 }]);
  });

  it('another register, by its number', () => {
    const two = decodeLog(
      encodeAgileLog(CC, [event(1, EV.action, 'a', CC), event(2, EV.action, 'b', CC)], { headerRegister: 1 }),
    );
    const { edits } = explained(two, { expected: valueOf([b]) });
    expect(edits).toMatchObject([{ kind: 'register', words: 'the value is that of RTMR1, not of RTMR0' }]);
  });
});

describe('TPM logs', () => {
  const banks = ['sha1', 'sha256'] as const;
  const events = [event(0, EV.action, 'a', banks), event(0, EV.action, 'b', banks)];
  const tpm = (...first: readonly ReturnType<typeof event>[]): EventLog =>
    decodeLog(encodeAgileLog(banks, [...first, ...events]));
  const of256 = (start: Uint8Array, ...texts: readonly string[]): Uint8Array =>
    valueOf(
      texts.map((text) => digestOfText(text, 'sha256')),
      start,
      'sha256',
    );

  it('locality of the start', () => {
    const start = zero('sha256');
    start[31] = 3;
    const options = { register: 0, algorithm: 'sha256', expected: of256(start, 'a', 'b') } as const;
    const { edits } = explained(tpm(), options);
    expect(edits).toMatchObject([
      { kind: 'start-value', words: expect.stringContaining('PCR0 started with locality 3') as string },
    ]);
    expect(explained(tpm(event(0, EV.noAction, locality(3), banks)), options)).toMatchObject({
      found: true,
      edits: [],
    });
  });

  it('a SHA-1 digest padded with zeros in a wider bank, and the value of another bank', () => {
    const padded = ['a', 'b'].map((text) => concat(digestOfText(text, 'sha1'), new Uint8Array(12)));
    const expected = valueOf(padded, zero('sha256'), 'sha256');
    expect(explained(tpm(), { register: 0, algorithm: 'sha256', expected }).edits).toMatchObject([
      { kind: 'bank' },
    ]);
    const other = { register: 0, algorithm: 'sha1', expected: of256(zero('sha256'), 'a', 'b') } as const;
    expect(explained(tpm(), other).edits).toMatchObject([
      { kind: 'bank', words: 'the value is that of the sha256 bank of PCR0, not of sha1' },
    ]);
  });

  it('a value of no size of the log is not searched', () => {
    const nothing = explained(tpm(), { register: 0, algorithm: 'sha256', expected: new Uint8Array(7) });
    expect(nothing).toMatchObject({ found: false, cost: { spent: 0 } });
  });
});

describe('text logs', () => {
  const lines = ['first line', 'second line', 'third line'];
  const steps = lines.map((line) => appending(line));
  const one = (...all: readonly ReturnType<typeof appending>[]): EventLog =>
    decodeLog(written(startText('rfc', 'sha384', zero()), ...all).bytes);
  const text = one(...steps);
  const digests = digestsOf(text, 0);
  const register = 0;

  it.each<[string, string]>([
    ['second line\r', 'with a CR at its end'],
    ['second line ', 'with a blank at its end'],
    ['second line\n', 'with a line feed at its end'],
  ])('the line was hashed as %j', (line, told) => {
    const expected = valueOf(digests.map((digest, i) => (i === 2 ? digestOfText(line) : digest)));
    const { edits, unique } = explained(text, { register, expected });
    expect(edits).toMatchObject([{ kind: 'encoding', event: 2 }]);
    expect(edits[0]?.words).toContain(told);
    expect(unique).toBe(true);
  });

  it('two stretches between stated values have an error each: both are found where they are', () => {
    const whole = one(...steps, extending(foreign), appending('x'), appending('y'));
    const bytes = new TextDecoder().decode(whole.bytes);
    const swapped = bytes
      .replace('first line', 'FIRST line')
      .replace('second line', 'first line')
      .replace('FIRST line', 'second line');
    const broken = decodeLog(utf8Bytes(swapped.replace('\ny', '\ny\ntoo much')));
    const { found, edits, proof } = explained(broken, { register, expected: valueOf(digestsOf(whole, 0)) });
    expect(found).toBe(true);
    expect(edits.map(({ kind }) => kind)).toEqual(['swapped', 'past-evidence']);
    expect(proof).toHaveLength(2);
  });

  it('a SYNC line that states a wrong value', () => {
    const whole = one(...steps, extending(foreign), appending('x'));
    const [, hex = ''] =
      [...new TextDecoder().decode(whole.bytes).matchAll(/SYNC sha384\/([0-9a-f]+)/g)][1] ?? [];
    const wrong = hex.replace(/^./, hex.startsWith('0') ? '1' : '0');
    const broken = decodeLog(utf8Bytes(new TextDecoder().decode(whole.bytes).replace(hex, wrong)));
    const { edits } = explained(broken, { register, expected: valueOf(digestsOf(whole, 0)) });
    expect(edits).toMatchObject([{ kind: 'stated-value', event: 5 }]);
  });
});

describe('uniqueness', () => {
  it('equal neighbours: one edit, the other named as equivalent', () => {
    const twice = actions(['a', 'b', 'b', 'c']);
    const { edits, unique } = explained(twice, { expected: valueOf([a, b, c]) });
    expect(edits).toMatchObject([
      { kind: 'duplicate', equivalent: [expect.stringContaining('stands twice')] },
    ]);
    expect(unique).toBe(true);
  });

  it('the last event was not extended, or came after the evidence: two edits that cannot be told apart', () => {
    const { edits, unique } = explained(log, { expected: valueOf(own.slice(0, -1)) });
    expect(unique).toBe(false);
    expect(edits).toMatchObject([{ kind: 'past-evidence', alternatives: [{ kind: 'extra', event: 6 }] }]);
  });

  it('a digest with two names: both are given', () => {
    const known = [{ digest: b, name: 'B' }];
    const { edits } = explained(log, { expected: valueOf([a, b, c, d, b, e, f]), known });
    const names = [edits[0]?.words, ...(edits[0]?.equivalent ?? [])].join();
    expect(edits).toMatchObject([{ kind: 'missing', digest: b }]);
    expect(names).toContain('known as B');
    expect(names).toContain('that of event 2 EV_ACTION "b"');
  });
});

describe('a known-good log', () => {
  const goodLetters = ['a', 'b', 'x', 'c', 'y', 'e', 'f'];
  const knownGood = actions(goodLetters);

  it('one edit, told with the event of the good log', () => {
    const expected = valueOf([a, b, digestOfText('x'), c, d, e, f]);
    const { edits } = explained(log, { expected, knownGood });
    expect(edits).toMatchObject([
      { kind: 'missing', event: 2, name: 'in the known-good log: event 3 EV_ACTION "x"' },
    ]);
  });

  it('two edits of three differences', () => {
    const third = actions(['a', 'b', 'x', 'c', 'y', 'e', 'g']);
    const expected = valueOf([a, b, digestOfText('x'), c, digestOfText('y'), e, f]);
    expect(explained(log, { expected, knownGood: third }).found).toBe(false);
    const { edits, found } = explained(log, { expected, knownGood: third, maxEdits: 2 });
    expect(found).toBe(true);
    expect(edits).toMatchObject([
      { kind: 'missing', event: 2 },
      { kind: 'replaced', event: 4 },
    ]);
  });

  it('all differences at once where the good log gives the value, however many', () => {
    const other = actions(['x', 'b', 'y', 'd', 'z', 'f']);
    const { edits } = explained(log, { expected: valueOf(digestsOf(other, 1)), knownGood: other });
    expect(edits.map(({ kind, event: at }) => [kind, at])).toEqual([
      ['replaced', 1],
      ['replaced', 3],
      ['replaced', 5],
    ]);
  });

  it('a move in the good log', () => {
    const moved = actions(['b', 'c', 'd', 'a', 'e', 'f']);
    const { edits } = explained(log, { expected: valueOf([b, c, d, a, e, f]), knownGood: moved });
    expect(edits).toMatchObject([{ kind: 'moved', event: 1 }]);
  });
});

describe('what was not found', () => {
  const expected = fromHex('ab'.repeat(48))!;

  it('lists every class that was searched, with what it cost, and what cannot be searched', () => {
    const { found, searched, notSearched, cost, stopped, edits } = explained(log, { expected });
    expect({ found, stopped, edits }).toEqual({ found: false, stopped: 'exhausted', edits: [] });
    expect(cost.spent).toBe(cost.planned);
    expect(searched.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'past-evidence',
        'start-value',
        'extra',
        'again',
        'swap-adjacent',
        'missing',
        'bit-flip',
      ]),
    );
    expect(notSearched.map(({ reason }) => reason)).toEqual(['cannot-be-known', 'max-edits']);
  });

  it('searches only the classes that were asked for, and names the others', () => {
    const options = { expected: valueOf([a, c, b, d, e, f]), classes: ['swap-adjacent'] };
    const { edits, searched, notSearched } = explained(log, options);
    expect(edits).toMatchObject([{ kind: 'swapped' }]);
    expect(searched.map(({ kind }) => kind)).toEqual(['swap-adjacent']);
    expect(notSearched).toContainEqual({ kind: 'extra', candidates: 0, extends: 0, reason: 'not-asked' });
    expect(explained(log, { ...options, classes: ['extra'] }).found).toBe(false);
  });

  it('a log without events, and an algorithm without a backend', () => {
    const empty = decodeLog(new Uint8Array(0));
    expect(explained(empty, { expected }).found).toBe(false);
    const { notSearched } = explained(log, { expected, algorithm: 'sm3', digests: countingChains().digests });
    expect(notSearched[0]).toMatchObject({ reason: 'no-backend' });
  });
});

describe('budget and cancelling', () => {
  const expected = new Uint8Array(48).fill(0xab);
  const many = actions(Array.from({ length: 60 }, (_, i) => `event ${i}`));

  it.each([0, 10, 59, 60, 61, 1000, 12_345])('never computes more than %i extends', (budget) => {
    const counting = countingChains();
    const { cost, stopped, notSearched } = explained(many, { expected, budget, digests: counting.digests });
    expect(counting.extends()).toBe(cost.spent);
    expect(cost.spent).toBeLessThanOrEqual(budget);
    expect(stopped).toBe('budget');
    expect(notSearched.some(({ reason }) => reason === 'budget')).toBe(true);
    expect(cost.planned).toBeGreaterThan(budget);
  });

  it('an aborted signal ends it between slices, with what was searched', async () => {
    const controller = new AbortController();
    const { digests } = countingChains(true);
    const seen: number[] = [];
    const result = await explain(many, {
      ...{ register: 1, algorithm: 'sha384', expected, digests, signal: controller.signal },
      onProgress: ({ spent, planned }) => {
        expect(spent).toBeLessThanOrEqual(planned);
        if (seen.push(spent) === 3) controller.abort();
      },
    });
    expect(result).toMatchObject({ found: false, stopped: 'cancelled' });
    expect(seen).toHaveLength(3);
    expect(result.notSearched[0]?.reason).toBe('cancelled');
  });

  it('the host drives it slice by slice', () => {
    const slices = explainSteps(many, {
      register: 1,
      algorithm: 'sha384',
      expected,
      digests: countingChains(true).digests,
    });
    const first = slices.next();
    expect(first.done).toBe(false);
    expect(slices.next(true)).toMatchObject({ done: true, value: { stopped: 'cancelled' } });
  });
});

it('every kind of edit says what it means', () => {
  expect(Object.values(EDIT_KINDS).every((meaning) => meaning.length > 10)).toBe(true);
  expect(toHex(a)).not.toBe(toHex(f));
});
