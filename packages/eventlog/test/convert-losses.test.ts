/** What a conversion says: each kind of loss, with its events, and each reason to refuse. */
import {
  ALGORITHMS,
  concat,
  concatAll,
  fromHex,
  portableDigests,
  toHex,
  utf8Bytes,
  utf8Text,
} from '@tsm/core';
import { describe, expect, it } from 'vitest';
import { LOSS_KINDS } from '../src/convert/losses.ts';
import { prove } from '../src/convert/prove.ts';
import { isRefusal, REFUSAL_CODES } from '../src/convert/refusal.ts';
import { select } from '../src/convert/selection.ts';
import { sourceOf } from '../src/convert/source.ts';
import {
  convert,
  decodeLog,
  encodeAgileLog,
  encodeCelJson,
  encodeImaBinary,
  encodeSystemdLog,
  replay,
  type CelRecord,
  type ConvertTarget,
  type DecodeLogOptions,
  type EventLog,
  type Loss,
  type TextDialect,
} from '../src/index.ts';
import { decodeAs, DIRECT, SOURCES, valuesOf } from './support/convert.ts';
import { digestsOf, SYSTEMD, templateData } from './support/formats.ts';
import { event, EV, locality, nodeDigests, specIdRecord, words } from './support/logs.ts';

const options = { digests: nodeDigests };
const text = utf8Bytes;
const own = (name: string): EventLog => decodeAs(name, SOURCES[name]!);
const cel = (...records: readonly CelRecord[]): EventLog =>
  decodeLog(encodeCelJson(records), { format: 'cel-json' });
const action = (register: number, word: string, kind: 'pcr' | 'ccmr' = 'pcr'): CelRecord => ({
  index: { kind, value: register },
  digests: digestsOf(text(word), 'sha384'),
  contentType: 'pcclient_std',
  content: { type: 5, data: text(word) },
});
const lossesOf = (log: EventLog, target: ConvertTarget): readonly Loss[] => {
  const { refused, losses } = convert(log, target, options);
  expect(refused).toBeUndefined();
  return losses;
};

/** systemd's log with a record that a crash left behind. */
const crashed = concat(encodeSystemdLog(SYSTEMD), Uint8Array.of(0x1e, 0, 0, 10));

const LOSSES: readonly (readonly [EventLog, ConvertTarget, Loss])[] = [
  [
    decodeLog(crashed),
    { format: 'cel-json' },
    { kind: 'undecoded', words: expect.stringContaining('NUL bytes') as string, events: 0, first: [] },
  ],
  [
    own('ccel'),
    { format: 'cel-json', register: 'rtmr1' },
    {
      kind: 'register',
      words: 'events of other registers: rtmr0, rtmr2, rtmr3',
      events: 7,
      first: [0, 1, 3, 5, 6],
    },
  ],
  [
    own('tcg2'),
    { format: 'cel-tlv', algorithm: 'sha256' },
    { kind: 'bank', words: 'digests of sha1, sha384', events: 7, first: [2, 3, 4, 5, 6] },
  ],
  [
    own('ccel'),
    { format: 'dstack-json' },
    { kind: 'event', words: 'events that extend nothing in the new log', events: 2, first: [0, 8] },
  ],
  [
    own('cel-tlv'),
    { format: 'ccel' },
    {
      kind: 'type',
      words: 'the kind of the event: it becomes IMA_MEASUREMENT_EVENT, EV_COMPACT_HASH',
      events: 4,
      first: [2, 3, 4, 5],
    },
  ],
  [
    own('dstack-json'),
    { format: 'trust-authority-json' },
    { kind: 'data', words: 'the data of the event, or some of it', events: 3, first: [0, 2, 3] },
  ],
  [
    own('systemd-json'),
    { format: 'tcg2' },
    {
      kind: 'fields',
      words: 'members of the record: bootId, timestamp, eventType',
      events: 3,
      first: [0, 1, 2],
    },
  ],
  [
    own('trust-authority-json'),
    { format: 'ccel' },
    {
      kind: 'contradicted',
      words: expect.stringContaining('contradicts the data') as string,
      events: 3,
      first: [0, 1, 2],
    },
  ],
  [
    own('dstack-json'),
    { format: 'trust-authority-json' },
    {
      kind: 'unchecked',
      words: expect.stringContaining('does not tell') as string,
      events: 3,
      first: [0, 2, 3],
    },
  ],
  [
    own('tsm-text:rfc'),
    { format: 'tsm-text', dialect: 'issue-495' },
    { kind: 'statement', words: expect.stringContaining('a replay checks') as string, events: 1, first: [0] },
  ],
  [
    own('ccel'),
    { format: 'trust-authority-json' },
    { kind: 'order', words: 'the order of events of different registers', events: 2, first: [2, 6] },
  ],
  [
    own('ccel'),
    { format: 'tsm-text', register: 'rtmr3' },
    { kind: 'register-name', words: 'the name of the register: rtmr3', events: 0, first: [] },
  ],
  [
    own('tsm-text:rfc'),
    { format: 'tsm-text', dialect: 'aael' },
    { kind: 'comment', words: 'comments', events: 0, first: [] },
  ],
  [
    own('ccel'),
    { format: 'cel-cbor' },
    {
      kind: 'padding',
      words: expect.stringMatching(/^padding of the log area: \d+ bytes$/) as string,
      events: 0,
      first: [],
    },
  ],
  [
    cel(action(1, 'a'), action(2, 'b')),
    { format: 'tcg2' },
    {
      kind: 'recognition',
      words: 'the format: without being told, a reader takes the new log for ccel',
      events: 0,
      first: [],
    },
  ],
];

describe('losses', () => {
  it.each(LOSSES.map(([log, target, loss]) => [loss.kind, log, target, loss] as const))(
    '%s',
    (kind, log, target, loss) => {
      expect(lossesOf(log, target).find((one) => one.kind === kind)).toEqual(loss);
    },
  );

  it('all have a case here', () => {
    expect(LOSSES.map(([, , { kind }]) => kind)).toEqual(LOSS_KINDS);
  });

  it('none where nothing is lost, and each event once', () => {
    expect(lossesOf(own('tcg2'), { format: 'cel-json' })).toEqual([]);
    const [one] = lossesOf(own('systemd-json'), { format: 'tcg2' }).filter(({ kind }) => kind === 'fields');
    expect(one?.events).toBe(SYSTEMD.length);
  });

  it('names a bank of an algorithm that nobody knows, and keeps it where the format can', () => {
    const head = specIdRecord([
      { id: 0x000c, size: 48 },
      { id: 0x1234, size: 8 },
    ]);
    const record = concatAll([
      words(4, 5, 2),
      Uint8Array.of(0x0c, 0),
      nodeDigests.digest('sha384', text('x')),
      Uint8Array.of(0x34, 0x12),
      new Uint8Array(8).fill(7),
      words(1),
      text('x'),
    ]);
    const log = decodeLog(concat(head, record), { format: 'tcg2' });
    const bank = { kind: 'bank', words: 'digests of algorithm 0x1234', events: 1, first: [1] };
    expect(lossesOf(log, { format: 'cel-tlv' })).toEqual([bank]);
    expect(lossesOf(log, { format: 'cel-cbor' })).toEqual([]);
    const there = convert(log, { format: 'cel-cbor' }, options).log!;
    expect(convert(there, { format: 'tcg2' }, options).bytes).toEqual(log.bytes);
    const only = convert(log, { format: 'tcg2', algorithm: 'sha384' }, options);
    expect([only.losses.slice(0, 1), only.log?.issues]).toEqual([[bank], []]);
    expect(only.losses.map(({ kind, first }) => [kind, first])).toEqual([
      ['bank', [1]],
      ['data', [0]],
      ['recognition', []],
    ]);
  });

  it('tell where nobody would take the new log for a log, or for one of its dialect', () => {
    const line = cel({ ...action(4, 'a line'), contentType: 'tsm_text' });
    const taken = (log: EventLog, dialect: TextDialect): string | undefined =>
      lossesOf(log, { format: 'tsm-text', dialect }).find(({ kind }) => kind === 'recognition')?.words;
    expect(taken(line, 'rfc')).toMatch(/takes the new log for no log$/);
    expect(taken(own('tsm-text:rfc'), 'aael')).toMatch(/takes the new log for tsm-text \(rfc\)$/);
    expect(taken(own('tsm-text:aael'), 'issue-495')).toBeUndefined();
  });

  it('are said of data that JSON writes in its own way', () => {
    const spaced = { ...SYSTEMD[0]!, content: { data: text('{ "string" : "enter-initrd" }') } };
    const tlv = convert(cel(spaced), { format: 'cel-tlv' }, options).log!;
    expect(lossesOf(tlv, { format: 'cel-json' })).toEqual([]);
    const raw = cel({ ...action(1, 'x'), contentType: 'tsm_text', content: { data: Uint8Array.of(0xff) } });
    expect(raw.event(0).data).toEqual(text('\ufffd'));
  });
});

describe('text logs', () => {
  it('take lines whose hash is what extends, and direct extends with a comment for the rest', () => {
    const { bytes, log } = convert(own('ccel'), { format: 'tsm-text', register: 'rtmr0' }, options);
    const lines = utf8Text(bytes!).trimEnd().split('\n');
    expect(lines).toEqual([
      'ACPI DATA',
      '# event 3, EV_SEPARATOR: separator 00000000',
      expect.stringMatching(/^# \.EXTEND [0-9a-f]{96}$/),
    ]);
    expect([...log!].map(({ typeName }) => typeName)).toEqual(['event', '.EXTEND']);
  });

  it('never get a SYNC, and refuse a register that did not start at zero', () => {
    const start = encodeAgileLog(
      ['sha384'],
      [event(0, EV.noAction, locality(3), ['sha384']), event(0, 5, 'x', ['sha384'])],
    );
    const log = decodeLog(start, { format: 'tcg2' });
    expect(convert(log, { format: 'tsm-text' }, options).refused).toMatchObject({
      code: 'convert.start-value',
      words: 'pcr0 of sha384 does not start where tsm-text (rfc) would have it start',
    });
    expect(convert(log, { format: 'cel-cbor' }, options).registers[0]?.events).toBe(1);
  });

  it('carry a direct extend through another format and back', () => {
    const log = decodeLog(DIRECT);
    const there = convert(log, { format: 'cel-json', register: 'rtmr3' }, options);
    expect(there.log!.event(2)).toMatchObject({ typeName: 'EV_COMPACT_HASH' });
    const back = convert(there.log!, { format: 'tsm-text' }, options).log!;
    expect([...back].map(({ data }) => utf8Text(data))).toEqual([...log].map(({ data }) => utf8Text(data)));
    const other = convert(log, { format: 'tsm-text', dialect: 'aael' }, options).refused;
    expect(other).toMatchObject({
      code: 'convert.event-kind',
      words: 'tsm-text (aael) holds lines alone; event 2 is .EXTEND',
    });
  });

  it('do not turn what was a comment into an extend, or an event into a comment', () => {
    const sneaky = `INIT sha384/${'0'.repeat(96)}\n# .EXTEND ${'11'.repeat(48)}\nA\n`;
    const log = decodeLog(text(sneaky), { dialect: 'issue-495' });
    const { bytes, losses } = convert(log, { format: 'tsm-text', dialect: 'rfc' }, options);
    expect(utf8Text(bytes!)).toBe(`INIT sha384/${'0'.repeat(96)}\nA\n`);
    expect(losses.map(({ kind }) => kind)).toEqual(['statement', 'comment', 'recognition']);
    const hashed = decodeLog(text(`INIT sha384/${'0'.repeat(96)}\n# an event\n`), { dialect: 'aael' });
    const rfc = convert(hashed, { format: 'tsm-text' }, options);
    expect(valuesOf(rfc.log!)).toEqual(valuesOf(hashed));
    expect(rfc.log!.event(1).typeName).toBe('.EXTEND');
  });

  it('name the register for logs that must say it', () => {
    const { log, registers } = convert(
      own('tsm-text:aael'),
      { format: 'dstack-json', register: 'RTMR3' },
      options,
    );
    expect(registers.map(({ name, events }) => [name, events])).toEqual([['rtmr3', 3]]);
    expect(Object.keys(valuesOf(log!))).toEqual(['rtmr3/sha384']);
  });
});

const long = templateData(concat(text('sha256:\0'), new Uint8Array(32)), text('/a\nb\0'));
const sm3 = decodeLog(encodeAgileLog(['sm3'], [event(1, 5, 'x', ['sm3'])], { headerRegister: 1 }));
const header = decodeLog(encodeAgileLog(['sha384'], [], { headerRegister: 1 }));
const newline = decodeLog(
  encodeImaBinary([{ register: 10, template: 'ima-ng', hash: nodeDigests.digest('sha1', long), data: long }]),
);
const synced = decodeLog(text(`SYNC sha384/${'ab'.repeat(48)}\nA\n`));

const REFUSED: readonly (readonly [code: string, EventLog, ConvertTarget, words: string])[] = [
  [
    'source-damaged',
    decodeLog(SOURCES['tcg2']!.subarray(0, 300)),
    { format: 'cel-json' },
    'the log ends inside',
  ],
  ['source-damaged', decodeLog(text('nothing')), { format: 'cel-json' }, 'no known log format'],
  [
    'source-damaged',
    decodeLog(text('[{"recnum":0,"pcr":1,"digests":[],"content_type":"x"},{}]'), { format: 'cel-json' }),
    { format: 'cel-tlv' },
    'events[1]',
  ],
  ['empty', header, { format: 'cel-json' }, 'no event'],
  ['no-backend', sm3, { format: 'cel-json' }, 'sm3'],
  [
    'register-name',
    own('ccel'),
    { format: 'cel-json', register: 'rtmr7' },
    'rtmr7 is the name of no register',
  ],
  [
    'register-unknown',
    own('ccel'),
    { format: 'cel-json', register: 'pcr1' },
    'it has rtmr0, rtmr1, rtmr2, rtmr3',
  ],
  [
    'register-name',
    own('tsm-text:rfc'),
    { format: 'ccel', register: 'my register' },
    'the name of no register',
  ],
  ['register-needed', own('ccel'), { format: 'tsm-text' }, 'the source has rtmr0, rtmr1, rtmr2, rtmr3'],
  ['register-unnamed', own('tsm-text:rfc'), { format: 'ccel' }, 'which register it is of'],
  ['numbering', own('tcg2'), { format: 'ccel' }, 'CC measurement registers alone, and the source has pcr0'],
  ['numbering', own('ccel'), { format: 'tcg2' }, 'PCRs alone, and the source has rtmr0'],
  ['register-range', cel(action(0, 'x', 'ccmr')), { format: 'dstack-json' }, 'no way to name mrtd'],
  [
    'register-range',
    own('tcg2'),
    { format: 'ima-ascii', register: 'pcr1', algorithm: 'sha1' },
    'no way to name pcr1',
  ],
  ['algorithm-unknown', own('ccel'), { format: 'cel-json', algorithm: 'sha256' }, 'it has sha384'],
  [
    'bank',
    own('tcg2'),
    { format: 'tcg1' },
    'tcg1 holds one bank of sha1, and the source has sha1, sha256, sha384',
  ],
  ['bank', own('ima-binary'), { format: 'dstack-json' }, 'the source has sha1'],
  ['event-kind', own('ccel'), { format: 'ima-binary' }, 'event 1 is EV_POST_CODE'],
  ['not-a-line', newline, { format: 'ima-ascii' }, 'event 0'],
  ['start-value', synced, { format: 'ccel', register: 'rtmr3' }, 'rtmr3 of sha384'],
  ['algorithm-unsaid', own('tcg1'), { format: 'tsm-text', register: 'pcr0' }, 'read as sha384, not sha1'],
];

describe('refusals', () => {
  it.each(REFUSED)('convert.%s', (code, log, target, words) => {
    const found = convert(log, target, code === 'no-backend' ? { digests: portableDigests } : options);
    expect(found.refused?.code).toBe(`convert.${code}`);
    expect(found.refused?.words).toContain(words);
    expect(found.refused?.remedy).not.toBe('');
    expect(found.bytes).toBeUndefined();
  });

  it('a log that would replay otherwise, or not decode, is never given', () => {
    const log = own('cel-tlv');
    const selection = select(sourceOf(log, nodeDigests), { format: 'cel-tlv' }, undefined, nodeDigests);
    const expected = { single: null, registers: replay(log, options).registers };
    const from = [...log].map(({ number }) => number);
    const good = prove(selection, { bytes: log.bytes, from }, expected);
    expect(isRefusal(good)).toBe(false);
    const bytes = log.bytes.slice();
    const { offset } = log.event(1).digests[0]!;
    bytes[offset] = bytes[offset]! ^ 1;
    expect(prove(selection, { bytes, from }, expected)).toMatchObject({
      code: 'convert.replay-differs',
      words: expect.stringContaining('rtmr0 of sha256') as string,
    });
    const without = { ...expected, registers: expected.registers.filter(({ name }) => name !== 'rtmr1') };
    expect(prove(selection, { bytes: log.bytes, from }, without)).toMatchObject({
      code: 'convert.replay-differs',
    });
    expect(prove(selection, { bytes: log.bytes.subarray(0, -1), from }, expected)).toMatchObject({
      code: 'convert.unreadable',
    });
    expect(prove(selection, { bytes: log.bytes, from: [0] }, expected)).toMatchObject({
      code: 'convert.unreadable',
    });
  });

  it('all have a case here', () => {
    const codes = [
      ...REFUSED.map(([code]) => `convert.${code}`),
      'convert.replay-differs',
      'convert.unreadable',
    ];
    expect(new Set(codes)).toEqual(new Set(REFUSAL_CODES));
  });
});

describe('registers', () => {
  it('have the names that PCRs, CC registers and NV indexes have, and no others', () => {
    const names = ['pcr0', 'pcr23', 'rtmr0', 'rtmr3', 'mrtd', 'ccmr7', 'nv0x1d10200'];
    const to = (register: string) => convert(own('tsm-text:aael'), { format: 'cel-json', register }, options);
    for (const name of names) expect(to(name).registers.map((one) => one.name)).toEqual([name]);
    for (const name of ['pcr24', 'rtmr4', 'rtmr', 'pcr1a', 'nv0x5', ''])
      expect(to(name).refused?.code).toBe('convert.register-name');
  });

  it('of the dynamic root of trust start with ones: a text log that starts at zero is not of one', () => {
    expect(
      convert(own('tsm-text:aael'), { format: 'cel-json', register: 'pcr17' }, options).refused?.code,
    ).toBe('convert.start-value');
  });

  it('by number of IMA keep to their numbering', () => {
    const numbering: DecodeLogOptions = { format: 'ima-binary' };
    const log = decodeLog(SOURCES['ima-binary']!, numbering);
    expect(convert(log, { format: 'ima-ascii' }, options).log!.numbering).toBe('ccMr');
    expect(Object.keys(valuesOf(convert(log, { format: 'cel-tlv' }, options).log!))).toEqual(['rtmr2/sha1']);
  });
});

it('an IMA list in the other byte order keeps its hashes, and says what its text no longer tells', () => {
  const big = (bytes: Uint8Array): Uint8Array => concat(words(bytes.length).reverse(), bytes);
  const data = concat(big(concat(text('sha256:\0'), new Uint8Array(32))), big(text('/bin/sh\0')));
  const hash = nodeDigests.digest('sha1', data);
  const log = decodeLog(
    encodeImaBinary([{ register: 10, template: 'ima-ng', hash, data }], { little: false }),
  );
  const { bytes, losses } = convert(log, { format: 'ima-ascii' }, options);
  expect(utf8Text(bytes!)).toBe(`10 ${toHex(hash)} ima-ng sha256:${'00'.repeat(32)} /bin/sh\n`);
  expect(losses.map(({ kind }) => kind)).toEqual(['data', 'contradicted']);
  expect(convert(log, { format: 'cel-tlv' }, options).losses).toEqual([]);
});

it('a name with blanks in an IMA list is taken as its hash says', () => {
  const data = templateData(
    concat(text('sha256:\0'), fromHex('00'.repeat(ALGORITHMS.sha256.size))!),
    text('/a 01\0'),
    new Uint8Array(0),
  );
  const line = `10 ${toHex(nodeDigests.digest('sha1', data))} ima-sig sha256:${'00'.repeat(32)} /a 01\n`;
  const log = decodeLog(text(line));
  const { log: binary, losses } = convert(log, { format: 'ima-binary' }, options);
  expect([toHex(binary!.event(0).data), losses]).toEqual([toHex(data), []]);
});
