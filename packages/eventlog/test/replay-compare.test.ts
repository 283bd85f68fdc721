/** Replay and comparison: what each status means, where log and register part, and what it costs. */
import { concat, fromHex, toHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import {
  compare,
  decodeLog,
  encodeAgileLog,
  replay,
  startText,
  trace,
  type ComparisonStatus,
  type Divergence,
  type EventLog,
  type ExpectedRegister,
  type RegisterComparison,
  type TcgEvent,
} from '../src/index.ts';
import {
  appending,
  codes,
  countingDigests,
  digestOfText,
  EV,
  event,
  extended,
  extending,
  nodeDigests,
  OWN,
  registersOf,
  words,
  written,
  zero,
} from './support/logs.ts';

const CC: readonly AlgorithmName[] = ['sha384'];
const digests = nodeDigests;

/** A CCEL of these actions, in RTMR0 when no other register is named. */
const ccel = (...actions: readonly (string | [register: number, text: string])[]): EventLog =>
  decodeLog(encodeAgileLog(CC, actions.map(action), { headerRegister: 1 }));

function action(one: string | [register: number, text: string]): TcgEvent {
  const [register, text] = typeof one === 'string' ? ([1, one] as const) : one;
  return event(register, EV.action, text, CC);
}

/** What the register holds after these actions. */
const after = (...texts: readonly string[]): Uint8Array =>
  fromHex(extended('sha384', zero(), ...texts.map((text) => digestOfText(text))))!;

const rtmr = (number: number, value: Uint8Array): ExpectedRegister => ({
  name: `rtmr${String(number)}`,
  value,
});

function compareOne(log: EventLog, value: Uint8Array, knownGood?: EventLog): RegisterComparison {
  const options = knownGood ? { digests, knownGood } : { digests };
  const [one] = compare(log, [rtmr(0, value)], options).registers;
  return one!;
}

describe('status', () => {
  const log = ccel('a', 'b', [2, 'c']);
  it.each<[string, ExpectedRegister, ComparisonStatus, number]>([
    ['the value of the replay', rtmr(0, after('a', 'b')), 'match', 2],
    ['another value', rtmr(0, after('x')), 'differs', 2],
    ['the start value, where events extend it', rtmr(1, zero()), 'differs', 1],
    ['the start value, where none extends it', rtmr(2, zero()), 'match', 0],
    ['another value, where none extends it', rtmr(3, after('x')), 'notExplained', 0],
  ])('%s', (_name, expected, status, extendsCount) => {
    const { registers, notInLog } = compare(log, [expected], { digests });
    expect(notInLog).toEqual([]);
    expect(registers).toMatchObject([
      { name: expected.name, status, match: status === 'match', extends: extendsCount, algorithm: 'sha384' },
    ]);
    expect(registers[0]?.expected).toBe(expected.value);
  });

  it('names are found in any case, and those that the log says nothing about are listed', () => {
    const { registers, notInLog } = compare(
      log,
      [
        { name: 'RTMR0', value: after('a', 'b') },
        { name: 'mrtd', value: zero() },
        { name: 'rtmr0', value: new Uint8Array(32) },
        { name: 'rtmr0', value: zero(), algorithm: 'sha256' },
      ],
      { digests },
    );
    expect(registers.map(({ status }) => status)).toEqual(['match']);
    expect(notInLog).toEqual(['mrtd', 'rtmr0', 'rtmr0']);
  });

  it('a bank is found by the size of the value, or by its name', () => {
    const banks: readonly AlgorithmName[] = ['sha256', 'sm3'];
    const tpm = decodeLog(encodeAgileLog(banks, [event(4, EV.action, 'x', banks)]));
    const value = (name: AlgorithmName): Uint8Array =>
      fromHex(extended(name, zero(name), digestOfText('x', name)))!;
    const found = (one: ExpectedRegister) => compare(tpm, [one], { digests }).registers[0];
    expect(found({ name: 'pcr4', value: value('sha256') })).toMatchObject({
      algorithm: 'sha256',
      match: true,
    });
    expect(found({ name: 'pcr4', value: value('sm3'), algorithm: 'sm3' })).toMatchObject({ match: true });
  });

  it('a text log is of the register that the caller names', () => {
    const log = decodeLog(OWN.rfc);
    const value = replay(log).registers[0]!.value;
    expect(compare(log, [rtmr(3, value)], { digests }).notInLog).toEqual(['rtmr3']);
    const named = compare(log, [rtmr(3, value)], { digests, register: 'RTMR3' });
    expect(named.registers).toMatchObject([{ name: 'rtmr3', status: 'match' }]);
    expect(named.replay.registers).toMatchObject([{ name: 'rtmr3', ccMr: 4 }]);
    expect(replay(log, { register: 'mine' }).registers[0]).toMatchObject({ name: 'mine' });
  });
});

/** A log in which the third event of RTMR0 has data that its digest contradicts. */
function altered(digest: Uint8Array): EventLog {
  const events = ['a', 'b'].map(action);
  const third = { ...action('c'), digests: { sha384: digest } };
  return decodeLog(encodeAgileLog(CC, [...events, third, action('d')], { headerRegister: 1 }));
}

describe('the first divergence', () => {
  it.each<[string, EventLog, Uint8Array, Partial<Divergence> | undefined, EventLog?]>([
    [
      'the log goes on after the evidence was taken',
      ccel('a', 'b', [2, 'x'], 'c', 'd'),
      after('a', 'b'),
      { event: 4, reason: 'after-evidence', proven: true, title: 'c', typeName: 'EV_ACTION' },
    ],
    [
      'the evidence was taken before the first event',
      ccel([2, 'x'], 'a'),
      zero(),
      { event: 2, reason: 'after-evidence', proven: true, title: 'a' },
    ],
    [
      'a digest contradicts its data; with the right one the register is explained',
      altered(digestOfText('forged')),
      after('a', 'b', 'c', 'd'),
      { event: 3, reason: 'digest', proven: true, title: 'c' },
    ],
    [
      'a digest contradicts its data, and that explains nothing',
      altered(digestOfText('forged')),
      after('x'),
      { event: 3, reason: 'digest', proven: false },
    ],
    [
      'an event was changed, seen in the known-good log',
      ccel('a', 'B', 'c'),
      after('a', 'b', 'c'),
      { event: 2, reason: 'known-good', proven: true, title: 'B' },
      ccel('a', 'b', 'c'),
    ],
    [
      'an event was left out, seen in the known-good log',
      ccel('a', 'c'),
      after('a', 'b', 'c'),
      { event: 2, reason: 'known-good', proven: true, title: 'c' },
      ccel('a', 'b', 'c'),
    ],
    [
      'the log was cut, seen in the known-good log',
      ccel('a', [2, 'x'], 'b'),
      after('a', 'b', 'c'),
      { event: 3, reason: 'known-good', proven: true, title: 'b' },
      ccel('a', 'b', 'c'),
    ],
    [
      'the log goes on after the known-good one',
      ccel('a', 'b', 'c'),
      after('a', 'b'),
      { event: 3, reason: 'known-good', proven: true, title: 'c' },
      ccel('a', 'b'),
    ],
    [
      'the known-good log differs, and explains nothing',
      ccel('a', 'B'),
      after('x'),
      { event: 2, reason: 'known-good', proven: false },
      ccel('a', 'b'),
    ],
    [
      'what is proven goes before what is not',
      ccel('a', 'B', 'c'),
      after('a', 'B'),
      { event: 3, reason: 'after-evidence', proven: true },
      ccel('a', 'b'),
    ],
    ['nothing tells', ccel('a', 'b'), after('x'), undefined],
    [
      'nothing tells, with a known-good log that is the same',
      ccel('a', 'b'),
      after('x'),
      undefined,
      ccel('a', 'b'),
    ],
  ])('%s', (_name, log, value, expected, knownGood) => {
    const { status, firstDivergence } = compareOne(log, value, knownGood);
    expect(status).toBe('differs');
    if (!expected) {
      expect(firstDivergence).toBeUndefined();
      return;
    }
    expect(firstDivergence).toMatchObject(expected);
    const { offset, length } = log.event(firstDivergence!.event);
    expect(firstDivergence).toMatchObject({ offset, length });
  });

  it('a register that is explained, or that no log extends, has none', () => {
    const log = ccel('a');
    const { registers } = compare(log, [rtmr(0, after('a')), rtmr(3, after('x'))], { digests });
    expect(registers.map(({ firstDivergence }) => firstDivergence)).toEqual([undefined, undefined]);
  });

  it('a SYNC line that does not fit is where a text log parts', () => {
    const { bytes, writer } = written(
      startText('rfc', 'sha384', zero()),
      appending('A\nB'),
      extending(digestOfText('x')),
      appending('C'),
    );
    const changed = utf8Bytes(new TextDecoder().decode(bytes).replace('\nB\n', '\nb\n'));
    const log = decodeLog(changed);
    const { registers } = compare(log, [rtmr(3, writer.value)], { digests, register: 'rtmr3' });
    expect(registers[0]).toMatchObject({
      status: 'differs',
      firstDivergence: { event: 4, typeName: 'SYNC', reason: 'sync', proven: false },
    });
  });
});

describe('replay', () => {
  it('without a backend, the bank is named and the others are replayed', () => {
    const banks: readonly AlgorithmName[] = ['sm3', 'sha256'];
    const log = decodeLog(encodeAgileLog(banks, [event(1, EV.action, 'x', banks)]));
    const { registers, issues } = replay(log);
    expect(registers.map(({ algorithm }) => algorithm)).toEqual(['sha256']);
    expect(issues).toMatchObject([{ code: 'replay.no-backend', severity: 'error' }]);
    expect(issues[0]?.message).toContain('sm3');
    const sm3 = decodeLog(utf8Bytes(`SYNC sm3/${'0'.repeat(64)}\nA\n`));
    expect(replay(sm3).registers).toEqual([]);
    expect(codes(replay(sm3))).toEqual(['replay.no-backend']);
    expect(replay(sm3, { digests }).registers).toHaveLength(1);
  });

  it('registers come by bank in the order of the log, then by number', () => {
    const banks: readonly AlgorithmName[] = ['sha384', 'sha1'];
    const events = [9, 2, 14].map((register) => event(register, EV.action, 'x', banks));
    const { registers } = replay(decodeLog(encodeAgileLog(banks, events)));
    expect(registers.map(({ name, algorithm }) => `${name ?? ''}:${algorithm}`)).toEqual(
      ['pcr2:sha384', 'pcr9:sha384', 'pcr14:sha384', 'pcr2:sha1', 'pcr9:sha1', 'pcr14:sha1'], // prettier-ignore
    );
    expect(registers[0]).toMatchObject({ register: 2, pcr: 2, extends: 1 });
  });

  it('a CCEL has all four runtime registers, extended or not', () => {
    const { registers } = replay(ccel([3, 'x']));
    expect(registers.map(({ name, ccMr, extends: count }) => [name, ccMr, count])).toEqual([
      ['rtmr0', 1, 0],
      ['rtmr1', 2, 0],
      ['rtmr2', 3, 1],
      ['rtmr3', 4, 0],
    ]);
  });

  it.each(Object.entries(OWN))('following each register of %s ends at its replayed value', (_name, bytes) => {
    const log = decodeLog(bytes);
    for (const one of replay(log, { digests }).registers) {
      let last = one.start;
      let count = 0;
      trace(
        log,
        one.register,
        one.algorithm,
        (number, digest, value) => {
          const stored = log.event(number).digests.find(({ algorithm }) => algorithm === one.algorithm);
          if (stored) expect(toHex(digest)).toBe(toHex(stored.digest));
          expect(toHex(value)).toBe(extended(one.algorithm, last, digest));
          last = value;
          count++;
        },
        digests,
      );
      expect([toHex(last), count]).toEqual([toHex(one.value), one.extends]);
    }
  });
});

/** Logs of n events that a careless reader would pay more than n for. */
const N = 3000;
const repeat = (line: string): Uint8Array => utf8Bytes(line.repeat(N));
const SYNC = `SYNC sha384/${'0'.repeat(96)}\n`;

/** n events in two banks, each with the first bank's digest many times. */
function duplicates(): Uint8Array {
  const record = event(7, EV.action, 'x', ['sha1', 'sha256']);
  const header = encodeAgileLog(['sha1', 'sha256'], []);
  const sha1 = concat(Uint8Array.of(4, 0), record.digests.sha1!);
  const one = concat(words(7, EV.action, 40), ...Array<Uint8Array>(40).fill(sha1), words(1), utf8Bytes('x'));
  return concat(header, ...Array<Uint8Array>(N).fill(one));
}

describe('cost', () => {
  const many = Array.from({ length: N }, (_, i) => action([1 + (i % 4), String(i)]));
  it.each<[string, Uint8Array, perEvent: number]>([
    ['a CCEL', encodeAgileLog(CC, many, { headerRegister: 1 }), 1],
    ['events with forty digests of one bank', duplicates(), 1],
    ['lines', repeat('a.b c d\n'), 2],
    ['SYNC lines', repeat(SYNC), 2],
    ['direct extends', repeat(`# .EXTEND ${'0'.repeat(96)}\n`), 1],
    ['comments', repeat('# x\n'), 0],
    ['empty lines', concat(utf8Bytes(SYNC), repeat('\n')), 2 / N],
  ])('replaying %s computes so many digests an event, and no more', (_name, bytes, perEvent) => {
    const log = decodeLog(bytes, bytes[0] === 0 || bytes[0] === 1 ? {} : { dialect: 'rfc' });
    const { digests: counting, count } = countingDigests();
    replay(log, { digests: counting });
    expect(count()).toBe(N * perEvent);
  });

  it('looking for the divergence costs a fixed number of replays more', () => {
    const cost = (n: number): number => {
      const events = many.slice(0, n).map((one) => ({ ...one, digests: { sha384: zero() } }));
      const log = decodeLog(encodeAgileLog(CC, events, { headerRegister: 1 }));
      const { digests: counting, count } = countingDigests();
      compare(log, [rtmr(0, after('x'))], { digests: counting, knownGood: log });
      return count();
    };
    expect(cost(N) / cost(N / 2)).toBeLessThan(2.1);
  });

  it('the registers of a replay do not depend on who counts', () => {
    const log = decodeLog(OWN.ccel);
    expect(registersOf(replay(log, { digests: countingDigests().digests }))).toEqual(
      registersOf(replay(log)),
    );
  });
});
