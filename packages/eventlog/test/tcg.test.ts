/** TCG firmware logs: every variant of header, digests, padding and register that firmware writes, made by our own encoders. */
import { ALGORITHMS, concat, portableDigests, toHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeLog,
  encodeAgileLog,
  encodeSha1Log,
  isLog,
  replay,
  specIdData,
  type EventLog,
  type LogEvent,
  type TcgEvent,
} from '../src/index.ts';
import { pcrEvent2Layout, SPEC_ID_EVENT, TCG_PCR_EVENT } from '../src/layouts.ts';
import {
  codes,
  EV,
  event,
  extended,
  locality,
  nodeDigests,
  OWN,
  registersOf,
  sha1Record,
  specIdRecord,
  words,
  zero,
} from './support/logs.ts';

const CC: readonly AlgorithmName[] = ['sha384'];
const TPM: readonly AlgorithmName[] = ['sha1', 'sha256'];
const [SHA1, SHA256] = [ALGORITHMS.sha1.tcgId, ALGORITHMS.sha256.tcgId];

/** A crypto-agile record with any digests, for those that the encoder would refuse. */
function record(digests: readonly { id: number; digest: Uint8Array }[]): Uint8Array {
  const listed = digests.map(({ id, digest }) => concat(Uint8Array.of(id & 0xff, id >> 8), digest));
  return concat(words(7, EV.action, digests.length), ...listed, words(1), utf8Bytes('x'));
}

const TWO_BANKS = specIdRecord([
  { id: SHA1, size: 20 },
  { id: SHA256, size: 32 },
]);
const ones = (size: number): Uint8Array => new Uint8Array(size).fill(0x11);
const twos = (size: number): Uint8Array => new Uint8Array(size).fill(0x22);
const replayed = (log: EventLog): Record<string, string> =>
  registersOf(replay(log, { digests: nodeDigests }));

describe('banks', () => {
  it.each<[readonly AlgorithmName[]]>([
    [['sha1']],
    [['sha384']],
    [['sm3']],
    [['sha512', 'sha1']],
    [['sha1', 'sha256', 'sha384', 'sha512', 'sm3', 'sha3-256', 'sha3-384', 'sha3-512']],
  ])('%j are each replayed', (algorithms) => {
    const events = ['a', 'b'].map((text) => event(2, EV.action, text, algorithms));
    const log = decodeLog(encodeAgileLog(algorithms, events), { format: 'tcg2' });
    expect(log.algorithms).toEqual(algorithms);
    expect(log.issues).toEqual([]);
    const expected = algorithms.map((name) => [
      `2/${name}`,
      extended(name, zero(name), ...events.map(({ digests }) => digests[name]!)),
    ]);
    expect(replayed(log)).toEqual(Object.fromEntries(expected));
  });

  it('digests in another order than the header lists them are found', () => {
    const layout = pcrEvent2Layout(new Map([[SHA1, 20], [SHA256, 32]])); // prettier-ignore
    const swapped = encode(layout, {
      pcrIndex: 7,
      eventType: EV.action,
      digestCount: 2,
      digests: [
        { algorithmId: SHA256, digest: twos(32) },
        { algorithmId: SHA1, digest: ones(20) },
      ],
      eventSize: 1,
      event: utf8Bytes('x'),
    });
    const log = decodeLog(concat(TWO_BANKS, swapped));
    expect(log.event(1).digests.map(({ algorithm }) => algorithm)).toEqual(['sha256', 'sha1']);
    expect(replayed(log)).toEqual({
      '7/sha1': extended('sha1', zero('sha1'), ones(20)),
      '7/sha256': extended('sha256', zero('sha256'), twos(32)),
    });
  });

  it('an event may leave banks out', () => {
    const log = decodeLog(concat(TWO_BANKS, record([{ id: SHA256, digest: ones(32) }]), record([])));
    expect(log.count).toBe(3);
    expect(log.event(2).digests).toEqual([]);
    expect(Object.keys(replayed(log))).toEqual(['7/sha256']);
  });

  it('a bank of an algorithm that is not known is skipped, the others are replayed', () => {
    const header = specIdRecord([
      { id: 0x4242, size: 7 },
      { id: SHA256, size: 32 },
    ]);
    const digests = [
      { id: 0x4242, digest: ones(7) },
      { id: SHA256, digest: twos(32) },
    ];
    const log = decodeLog(concat(header, record(digests), record(digests)));
    expect(log.issues).toMatchObject([
      { code: 'tcg.unsupported-algorithm', offset: 60, length: 4, path: 'events[0].event.digestSizes[0]' },
    ]);
    expect(log.algorithms).toEqual(['sha256']);
    expect(log.event(1).digests).toMatchObject([
      { tcgId: 0x4242, algorithm: undefined, digest: ones(7) },
      { tcgId: SHA256, algorithm: 'sha256', digest: twos(32) },
    ]);
    expect(replayed(log)).toEqual({
      '7/sha256': extended('sha256', zero('sha256'), twos(32), twos(32)),
    });
  });

  it('a known algorithm with a digest of another size is not known', () => {
    const log = decodeLog(
      concat(specIdRecord([{ id: SHA256, size: 20 }]), record([{ id: SHA256, digest: ones(20) }])),
    );
    expect(codes(log)).toEqual(['tcg.unsupported-algorithm']);
    expect(log.count).toBe(2);
    expect(log.algorithms).toEqual([]);
  });

  it('a bank that the header lists twice is one bank', () => {
    const header = specIdRecord([
      { id: SHA256, size: 32 },
      { id: SHA256, size: 32 },
    ]);
    const log = decodeLog(concat(header, record([{ id: SHA256, digest: ones(32) }])));
    expect(log.algorithms).toEqual(['sha256']);
    expect(replay(log).registers).toHaveLength(1);
  });

  it('an algorithm that the header does not list ends the reading, at its offset', () => {
    const good = record([{ id: SHA1, digest: ones(20) }]);
    const bad = record([
      { id: SHA1, digest: ones(20) },
      { id: 0x000c, digest: ones(48) },
    ]);
    const bytes = concat(TWO_BANKS, good, bad, good);
    const log = decodeLog(bytes);
    const start = TWO_BANKS.length + good.length;
    expect(log.count).toBe(2);
    expect(log.issues).toMatchObject([
      {
        code: 'tcg.unknown-algorithm',
        path: 'events[2].digests[1].algorithm',
        offset: start + 12 + 22,
        length: 2,
      },
    ]);
    expect(log.issues[0]?.message).toContain('0x000c — the Spec ID header lists 0x0004, 0x000b');
    expect(log.tail).toEqual({ offset: start, length: bytes.length - start, kind: 'unread' });
    expect(replayed(log)).toEqual({ '7/sha1': extended('sha1', zero('sha1'), ones(20)) });
  });

  it('of two digests of one bank the first is used', () => {
    const twice = record([
      { id: SHA1, digest: ones(20) },
      { id: SHA1, digest: twos(20) },
      { id: SHA256, digest: ones(32) },
    ]);
    const log = decodeLog(concat(TWO_BANKS, twice));
    expect(log.issues).toMatchObject([
      { code: 'tcg.duplicate-digest', path: 'events[1].digests[1]', offset: TWO_BANKS.length + 12 + 22 },
    ]);
    expect(log.event(1)).toMatchObject({ data: utf8Bytes('x'), length: twice.length });
    expect(log.event(1).digests.map(({ digest }) => digest)).toEqual([ones(20), ones(32)]);
    expect(replayed(log)['7/sha1']).toBe(extended('sha1', zero('sha1'), ones(20)));
  });
});

describe('the header', () => {
  it.each<[string, AlgorithmName[], number, number[], string]>([
    ['index 1, as OVMF writes it', ['sha384'], 1, [1, 2], 'ccel'],
    ['index 1 and many banks', ['sha1', 'sha256'], 1, [1], 'ccel'],
    ['index 0 and one bank that TPMs have not alone', ['sha384'], 0, [1, 4], 'ccel'],
    ['SM3 alone', ['sm3'], 0, [0, 1], 'ccel'],
    ['one such bank, but registers beyond the CC MRs', ['sha384'], 0, [1, 5], 'tcg2'],
    ['one bank that TPMs have', ['sha256'], 0, [1], 'tcg2'],
    ['several banks', ['sha256', 'sha384'], 0, [1], 'tcg2'],
  ])('%s', (_name, algorithms, headerRegister, registers, format) => {
    const events = registers.map((register) => event(register, EV.action, 'x', algorithms));
    const bytes = encodeAgileLog(algorithms, events, { headerRegister });
    expect(isLog(bytes)).toBe(true);
    expect(decodeLog(bytes)).toMatchObject({ format, count: events.length + 1, issues: [] });
  });

  it('the option overrides what the bytes suggest, and with it the names of the registers', () => {
    const names = (format: 'ccel' | 'tcg2'): (string | null)[] =>
      replay(decodeLog(OWN.ccel, { format })).registers.map(({ name }) => name);
    expect(names('ccel')).toEqual(['rtmr0', 'rtmr1', 'rtmr2', 'rtmr3']);
    expect(names('tcg2')).toEqual(['pcr1', 'pcr2', 'pcr3']);
  });

  it.each(['tcg1', 'tcg2', 'ccel', 'tsm-text'] as const)('%s can be forced upon any bytes', (format) => {
    for (const bytes of Object.values(OWN)) expect(decodeLog(bytes, { format }).format).toBe(format);
  });

  it.each([
    ['no bank', specIdRecord([]), 'it lists no algorithm', 60],
    [
      '17 banks',
      specIdRecord(Array<{ id: number; size: number }>(17).fill({ id: SHA1, size: 20 })),
      'it lists 17 algorithms',
      60,
    ],
    ['a list that is cut', sha1Record(0, 3, specIdData(['sha1']).subarray(0, 30)), 'ends', 60],
    ['data that is cut', specIdRecord([{ id: SHA1, size: 20 }]).subarray(0, 50), 'ends', 32],
  ])('with %s is an issue', (_name, bytes, why, offset) => {
    const log = decodeLog(bytes);
    expect(log).toMatchObject({ format: 'tcg2', count: 0, algorithms: [] });
    expect(log.issues).toMatchObject([{ code: 'tcg.spec-id', offset, length: bytes.length - offset }]);
    expect(log.issues[0]?.message).toContain(why);
    expect(log.tail).toEqual({ offset: 0, length: bytes.length, kind: 'unread' });
    expect(replay(log).registers).toEqual([]);
  });
});

/** A last event that ends in zeros, as EV_SEPARATOR does. */
const LAST = event(1, EV.separator, words(0), CC);

describe('the end of the log', () => {
  const log = encodeAgileLog(CC, [event(1, EV.action, 'x', CC), LAST], { headerRegister: 1 });
  const padded = (...padding: number[]): Uint8Array => concat(log, Uint8Array.from(padding));
  const filled = (length: number, byte: number): number[] => Array<number>(length).fill(byte);
  it.each<[string, Uint8Array, string]>([
    ['nothing', log, 'none'],
    ['8 bytes FF', padded(...filled(8, 0xff)), 'padding-ff'],
    ['FF to the end of the area', padded(...filled(5000, 0xff)), 'padding-ff'],
    ['00 to the end of the area', padded(...filled(5000, 0)), 'padding-00'],
    ['one byte 00', padded(0), 'padding-00'],
    ['one byte FF', padded(0xff), 'padding-ff'],
  ])('%s', (_name, bytes, kind) => {
    const decoded = decodeLog(bytes);
    expect(decoded).toMatchObject({ format: 'ccel', count: 3, issues: [] });
    expect(decoded.tail).toEqual({ offset: log.length, length: bytes.length - log.length, kind });
    expect(decoded.event(2).data).toEqual(words(0));
  });

  it.each([
    ['zeros, then something else', padded(...filled(64, 0), 1), 3 + 4],
    ['FF, then something else', padded(...filled(64, 0xff), 1), 3],
  ])('%s: read as events as far as that goes', (_name, bytes, atLeast) => {
    const decoded = decodeLog(bytes);
    expect(decoded.count).toBeGreaterThanOrEqual(atLeast);
    expect(decoded.tail.kind).toBe('unread');
    expect(decoded.issues).toHaveLength(1);
  });

  it('an event of register 0 and type 0 is an event', () => {
    const zeroEvent = event(0, EV.prebootCert, '', TPM);
    const decoded = decodeLog(encodeAgileLog(TPM, [zeroEvent, event(0, EV.separator, words(0), TPM)]));
    expect(decoded).toMatchObject({ count: 3, issues: [] });
    expect(decoded.event(1)).toMatchObject({ register: 0, type: 0, typeName: 'EV_PREBOOT_CERT' });
  });

  it.each([0x00, 0xff] as const)('a SHA-1 log can be padded with %d too', (padding) => {
    const area = 4096;
    const decoded = decodeLog(encodeSha1Log([event(0, EV.action, 'x', ['sha1'])], { area, padding }));
    expect(decoded).toMatchObject({ format: 'tcg1', count: 1, issues: [] });
    expect(decoded.tail.kind).toBe(padding === 0 ? 'padding-00' : 'padding-ff');
  });

  it.each([0x00, 0xff])('an area that holds nothing but %d is an empty log, and not recognised', (byte) => {
    const bytes = new Uint8Array(256).fill(byte);
    expect(isLog(bytes)).toBe(false);
    expect(codes(decodeLog(bytes))).toEqual(['log.empty']);
  });
});

describe('SHA-1 logs', () => {
  const action = event(4, EV.action, 'x', ['sha1']);
  it.each(['Spec ID Event00\0', 'Spec ID Event02\0'])('begin with %j or not', (signature) => {
    const first: TcgEvent = { register: 0, type: EV.noAction, data: utf8Bytes(signature), digests: {} };
    for (const events of [[first, action], [action]]) {
      const log = decodeLog(encodeSha1Log(events));
      expect(log).toMatchObject({ format: 'tcg1', count: events.length, issues: [], algorithms: ['sha1'] });
      expect(replayed(log)).toEqual({ '4/sha1': extended('sha1', zero('sha1'), action.digests.sha1!) });
    }
  });

  it.each<[string, Uint8Array]>([
    ['an SEV-SNP report: version 2, then zeros', concat(words(2), new Uint8Array(1180))],
    [
      'a report of a guest with a security version',
      concat(words(2, 1), new Uint8Array(1176).fill(0, 0, 40).fill(0x5a, 40)),
    ],
    ['a record that ends beyond the bytes', sha1Record(0, EV.action, utf8Bytes('x')).subarray(0, 32)],
    ['a register that does not exist', sha1Record(24, EV.action, utf8Bytes('x'))],
    ['an event type that nobody knows', sha1Record(0, 0x77, utf8Bytes('x'))],
    ['a record with garbage after it', concat(sha1Record(0, EV.action, utf8Bytes('x')), words(77, 77))],
  ])('%s is not recognised as one', (_name, bytes) => {
    expect(isLog(bytes)).toBe(false);
    expect(codes(decodeLog(bytes))).toEqual(['log.unknown-format']);
  });
});

describe('start values', () => {
  const action = event(0, EV.action, 'x', TPM);
  const stated = event(0, EV.noAction, locality(3), TPM);
  const digest = action.digests.sha256!;
  const start = (last: number): Uint8Array => concat(new Uint8Array(31), Uint8Array.of(last));
  it.each<[string, TcgEvent[], number]>([
    ['no StartupLocality', [action], 0],
    ['StartupLocality 0', [event(0, EV.noAction, locality(0), TPM), action], 0],
    ['StartupLocality 3', [stated, action], 3],
    ['StartupLocality 4', [event(0, EV.noAction, locality(4), TPM), action], 4],
    ['StartupLocality after the first extend', [action, stated], 3],
    ['two of them', [stated, event(0, EV.noAction, locality(4), TPM), action], 3],
    ['one of another register', [event(1, EV.noAction, locality(3), TPM), action], 0],
    ['one that is too long', [event(0, EV.noAction, concat(locality(3), words(0)), TPM), action], 0],
    ['one of another name', [event(0, EV.noAction, utf8Bytes('startuplocality\0\x03'), TPM), action], 0],
  ])('of PCR 0 with %s', (_name, events, last) => {
    const log = decodeLog(encodeAgileLog(TPM, events));
    expect(replayed(log)['0/sha256']).toBe(extended('sha256', start(last), digest));
    expect(replay(log).registers[0]?.start.at(-1)).toBe(last);
  });

  it('StartupLocality counts in SHA-1 logs, and not in a CCEL', () => {
    const sha1 = encodeSha1Log([
      event(0, EV.noAction, locality(3), ['sha1']),
      event(0, EV.action, 'x', ['sha1']),
    ]);
    expect(decodeLog(sha1).start(0, 'sha1')?.at(-1)).toBe(3);
    const ccel = encodeAgileLog(CC, [event(0, EV.noAction, locality(3), CC)], { headerRegister: 1 });
    expect(decodeLog(ccel).start(0, 'sha384')).toEqual(zero());
  });

  it.each([16, 17, 18, 19, 20, 21, 22, 23])('of PCR %d: the dynamic ones are all ones', (register) => {
    const log = decodeLog(encodeAgileLog(TPM, [event(register, EV.action, 'x', TPM)]));
    const first = new Uint8Array(32).fill(register >= 17 && register <= 22 ? 0xff : 0);
    expect(replayed(log)).toMatchObject({
      [`${String(register)}/sha256`]: extended('sha256', first, digest),
    });
  });
});

describe('what extends nothing', () => {
  it('EV_NO_ACTION, wherever it stands and whatever its digest', () => {
    const forged = { ...event(7, EV.noAction, 'SP800-155 Event', TPM), digests: { sha1: ones(20) } };
    const log = decodeLog(
      encodeAgileLog(TPM, [forged, event(7, EV.noAction, 'x', TPM), event(7, EV.action, 'x', TPM)]),
    );
    expect(log.issues).toMatchObject([
      { code: 'tcg.no-action-digest', severity: 'warning', path: 'events[1].digests', length: 20 },
    ]);
    expect([...log].map(({ measured }) => measured)).toEqual([false, false, false, true]);
    expect(replay(log).registers.map((one) => one.extends)).toEqual([1, 1]);
  });

  it('an event of PCR 0xFFFFFFFF, without any issue', () => {
    const none = event(0xffffffff, EV.action, 'x', TPM);
    const log = decodeLog(encodeAgileLog(TPM, [none, event(7, EV.action, 'x', TPM)]));
    expect(log).toMatchObject({ count: 3, issues: [] });
    expect(log.event(1)).toMatchObject({ register: 0xffffffff, measured: false });
    expect(Object.keys(replayed(log))).toEqual(['7/sha1', '7/sha256']);
  });

  it.each([24, 0x7fffffff, 0xfffffffe])('an event of register %d, with an issue', (register) => {
    const log = decodeLog(encodeAgileLog(TPM, [event(register, EV.action, 'x', TPM)]));
    const header = specIdRecord([{ id: SHA1, size: 20 }, { id: SHA256, size: 32 }]).length; // prettier-ignore
    expect(log.issues).toMatchObject([
      { code: 'log.register-range', path: 'events[1].pcrIndex', offset: header, length: 4 },
    ]);
    expect(replay(log).registers).toEqual([]);
  });
});

/** Any log: several banks, any register, type and data, padded or not. */
const anyLog = fc
  .record({
    algorithms: fc.uniqueArray(fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512', 'sm3'), {
      minLength: 1,
      maxLength: 4,
    }),
    events: fc.array(
      fc.record({
        register: fc.oneof(fc.nat(23), fc.constantFrom(24, 0xffffffff)),
        type: fc.oneof(fc.constantFrom(0, 1, 3, 4, 6, 0xd, 0x80000001, 0x800000e0), fc.nat()),
        data: fc.uint8Array({ maxLength: 60 }),
      }),
      { maxLength: 8 },
    ),
    headerRegister: fc.constantFrom(0, 1),
    padding: fc.constantFrom(0x00 as const, 0xff as const),
    area: fc.nat(64),
  })
  .map(({ algorithms, events, ...options }) => ({
    algorithms: algorithms,
    events: events.map(({ register, type, data }) => event(register, type, data, algorithms)),
    ...options,
  }));

/** Decoded events, to be encoded again. */
const toEncode = (events: readonly LogEvent[]): TcgEvent[] =>
  events.map(({ register, type, data, digests }) => ({
    ...{ register, type, data },
    digests: Object.fromEntries(
      digests.map(({ algorithm, digest }) => [algorithm, digest]),
    ) as TcgEvent['digests'],
  }));

describe('properties', () => {
  it('encode, decode and encode again gives the same bytes', () => {
    fc.assert(
      fc.property(anyLog, ({ algorithms, events, headerRegister, padding, area }) => {
        const bytes = encodeAgileLog(algorithms, events, { headerRegister });
        const whole = encodeAgileLog(algorithms, events, {
          ...{ headerRegister, padding },
          area: bytes.length + area,
        });
        const log = decodeLog(whole);
        expect(log.count).toBe(events.length + 1);
        const again = encodeAgileLog(algorithms, toEncode([...log].slice(1)), {
          ...{ headerRegister, padding },
          area: log.bytes.length,
        });
        expect(toHex(again)).toBe(toHex(whole));
      }),
    );
  });

  it('the same for SHA-1 logs', () => {
    fc.assert(
      fc.property(anyLog, ({ events }) => {
        const sha1 = events.map(({ register, type, data }) => event(register, type, data, ['sha1']));
        const bytes = encodeSha1Log(sha1);
        const log = decodeLog(bytes, { format: 'tcg1' });
        expect(toHex(encodeSha1Log(toEncode([...log])))).toBe(toHex(bytes));
      }),
    );
  });

  /** One event as the layout tables read it. */
  function byTable(log: EventLog, one: LogEvent, sizes: ReadonlyMap<number, number>): unknown {
    if (one.number === 0) {
      const { value, length } = decode(TCG_PCR_EVENT, log.bytes);
      return [
        value?.pcrIndex,
        value?.eventType,
        [[SHA1, value && toHex(value.digest)]],
        value && toHex(value.event),
        length,
      ];
    }
    const { value, length } = decode(pcrEvent2Layout(sizes), log.bytes, { offset: one.offset });
    const digests = value?.digests.map(({ algorithmId, digest }) => [algorithmId, toHex(digest)]);
    return [value?.pcrIndex, value?.eventType, digests, value && toHex(value.event), length];
  }

  it('the walker, written by hand, reads what the layout tables read', () => {
    fc.assert(
      fc.property(anyLog, ({ algorithms, events, headerRegister, padding, area }) => {
        const length = encodeAgileLog(algorithms, events).length + area;
        const log = decodeLog(encodeAgileLog(algorithms, events, { headerRegister, padding, area: length }));
        const sizes = new Map(algorithms.map((name) => [ALGORITHMS[name].tcgId, ALGORITHMS[name].size]));
        let end = 0;
        for (const one of log) {
          const { register, type, digests, data } = one;
          const mine = [
            register,
            type,
            digests.map(({ tcgId, digest }) => [tcgId, toHex(digest)]),
            toHex(data),
            one.length,
          ];
          expect(mine).toEqual(byTable(log, one, sizes));
          expect(one.offset).toBe(end);
          expect(one.dataOffset + data.length).toBe(one.offset + one.length);
          end = one.offset + one.length;
        }
        expect(log.tail.offset).toBe(end);
      }),
    );
  });
});

describe('API', () => {
  const log = decodeLog(OWN.tcg2);
  it.each([-1, log.count, 0.5, NaN])('event(%d) is a RangeError', (number) => {
    expect(() => log.event(number)).toThrow(RangeError);
    expect(() => decodeLog(OWN.rfc).event(number === log.count ? 99 : number)).toThrow('number: expected 0…');
  });

  it('the header is event 0, and its data the Spec ID event', () => {
    const header = log.event(0);
    expect(header).toMatchObject({ typeName: 'EV_NO_ACTION', measured: false, dataOffset: 32 });
    expect(decode(SPEC_ID_EVENT, header.data).value?.numberOfAlgorithms).toBe(3);
  });

  it('an area that is too small is a RangeError', () => {
    expect(() => encodeAgileLog(CC, [], { area: 10 })).toThrow('area: expected at least');
  });

  it('a log that is a view into a larger buffer is read in place', () => {
    const whole = concat(words(1, 2, 3), OWN.ccel);
    const view = decodeLog(whole.subarray(12));
    expect(replayed(view)).toEqual(replayed(decodeLog(OWN.ccel)));
    expect(view.event(1).data.buffer).toBe(whole.buffer);
  });

  it('the portable backends and those of Node agree', () => {
    expect(registersOf(replay(log, { digests: portableDigests }))).toEqual(replayed(log));
  });
});
