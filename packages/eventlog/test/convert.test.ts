/** Any format to any other: each pair by replay, there and back, byte for byte where nothing is lost, and with hostile logs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { equalBytes, toHex, utf8Bytes } from '@tsm/core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  celRecords,
  convert,
  decodeLog,
  encodeCelJson,
  type CelRecord,
  type EventLog,
} from '../src/index.ts';
import {
  attempts,
  decodeAs,
  NAMES,
  SOURCES,
  targetOf,
  valuesOf,
  wanted,
  type Tried,
} from './support/convert.ts';
import { digestsOf, IMA } from './support/formats.ts';
import { countingDigests, nodeDigests, words } from './support/logs.ts';

const options = { digests: nodeDigests };

/** Converted logs replay alike, by a way of their own: decoded again by name, replayed, compared with the source. */
function expectAlike(log: EventLog, to: string, { target, conversion }: Tried): void {
  if (conversion.refused) {
    expect(conversion.refused.code).toMatch(/^convert\./);
    expect(conversion.refused.words.length * conversion.refused.remedy.length).toBeGreaterThan(0);
    return;
  }
  if (conversion.bytes === log.bytes) return;
  const again = decodeAs(to, conversion.bytes);
  expect(again.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const single = again.numbering === 'single' && log.numbering === 'single';
  const values = wanted(log, single ? { format: target.format } : target);
  expect(valuesOf(again)).toEqual(values);
  expect(Object.keys(values).length).toBeGreaterThan(0);
}

/** The first so many. */
function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const one of all) {
    if (left-- <= 0) return;
    yield one;
  }
}

/** Reasons that an option can remove. */
const ASKS = ['convert.register-needed', 'convert.register-unnamed', 'convert.bank'];
const REASONS: Readonly<Record<string, string>> = {
  'convert.numbering': '#',
  'convert.register-range': '#',
  'convert.event-kind': 'k',
  'convert.bank': 'b',
  'convert.algorithm-unsaid': 'a',
};

/** `=` same bytes, `o` nothing lost, `l` losses; `r` and `b` before it: a register, a bank has to be named. Else the reason. */
function cell(log: EventLog, to: string): string {
  const codes: string[] = [];
  for (const { target, conversion } of attempts(log, to)) {
    if (conversion.refused) {
      codes.push(conversion.refused.code);
      continue;
    }
    const asked = `${target.register === undefined ? '' : 'r'}${target.algorithm === undefined ? '' : 'b'}`;
    const same = conversion.bytes === log.bytes ? '=' : 'o';
    return `${asked}${conversion.losses.length === 0 ? same : 'l'}`;
  }
  const code = codes.find((one) => !ASKS.includes(one)) ?? codes[0] ?? '';
  return REASONS[code] ?? code;
}

/** Columns and rows: ccel tcg2 tcg1, text rfc issue-495 aael, cel tlv json cbor, systemd, ima ascii binary, dstack, ITA. */
const MATRIX = `
ccel                 =   #   #   rl  rl  rl  l   l   l   l   k   k   l   l
tcg2                 #   =   bl  rbl rbl rbl o   o   o   o   #   #   #   #
tcg1                 #   o   =   a   k   k   o   o   o   o   #   #   #   #
tsm-text:rfc         rl  rl  #   =   l   l   rl  rl  rl  rl  k   k   rl  rl
tsm-text:issue-495   rl  rl  #   l   =   l   rl  rl  rl  rl  k   k   rl  rl
tsm-text:aael        rl  rl  #   l   o   =   rl  rl  rl  rl  k   k   rl  rl
cel-tlv              l   #   #   rbl rbl rbl =   o   o   l   rbl rbl bl  l
cel-json             #   l   b   rbl rbl rbl l   =   l   l   rbl rbl #   #
cel-cbor             #   rl  #   rbl rbl rbl o   o   =   l   #   #   #   #
systemd-json         #   l   b   rbl rbl rbl o   o   o   =   k   k   #   #
ima-ascii            #   l   l   a   k   k   o   o   o   o   =   o   #   #
ima-binary           l   #   #   a   k   k   o   o   o   o   o   =   b   l
dstack-json          o   #   #   rl  k   k   o   o   o   o   k   k   =   l
trust-authority-json l   #   #   rl  k   k   l   l   l   l   k   k   l   =
`;

describe('the matrix', () => {
  it('converts every pair as it says here', () => {
    const rows = NAMES.map((from) => {
      const log = decodeAs(from, SOURCES[from]!);
      const cells = NAMES.map((to) => cell(log, to).padEnd(3));
      return `${from.padEnd(20)} ${cells.join(' ')}`.trimEnd();
    });
    expect(rows.join('\n')).toBe(MATRIX.trim());
  });

  it.each(NAMES)('%s to every format: equal registers, or a reason', (from) => {
    const log = decodeAs(from, SOURCES[from]!);
    for (const to of NAMES) for (const one of attempts(log, to)) expectAlike(log, to, one);
  });

  it.each(NAMES)('%s to itself is the same bytes', (name) => {
    const log = decodeAs(name, SOURCES[name]!);
    const { bytes, losses, registers } = convert(log, targetOf(name), options);
    expect(bytes).toBe(log.bytes);
    expect(losses).toEqual([]);
    expect(registers.filter(({ events }) => events > 0)).toHaveLength(Object.keys(valuesOf(log)).length);
  });
});

/** What a log says of each event. */
const facts = (log: EventLog): unknown[] =>
  [...log].map((one) => ({
    ...{ register: one.register, type: one.type, typeName: one.typeName, measured: one.measured },
    ...{ data: toHex(one.data), title: one.content().title },
    digests: one.digests.map(({ tcgId, digest }) => `${String(tcgId)}:${toHex(digest)}`),
  }));

describe('there and back', () => {
  it('gives the same events where nothing is said to be lost', () => {
    let count = 0;
    for (const from of NAMES) {
      const log = decodeAs(from, SOURCES[from]!);
      for (const to of NAMES) {
        const { log: there, losses } = convert(log, targetOf(to), options);
        if (!there || losses.length > 0) continue;
        const back = convert(there, targetOf(from), options);
        expect([from, to, back.refused]).toEqual([from, to, undefined]);
        if (!equalBytes(back.bytes!, log.bytes))
          expect([from, to, facts(back.log!)]).toEqual([from, to, facts(log)]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(45);
  });

  it('gives the same bytes of a firmware log, its header included', () => {
    for (const to of ['cel-tlv', 'cel-json', 'cel-cbor', 'systemd-json']) {
      const there = convert(decodeAs('tcg2', SOURCES['tcg2']!), targetOf(to), options);
      expect(convert(there.log!, { format: 'tcg2' }, options).bytes).toEqual(SOURCES['tcg2']);
    }
  });

  it('keeps a violation of IMA apart from what it extends', () => {
    const log = decodeAs('ima-ascii', SOURCES['ima-ascii']!);
    const cel = convert(log, { format: 'cel-cbor' }, options);
    expect(celRecords(cel.log!).at(-1)?.digests).toEqual([{ tcgId: 4, digest: new Uint8Array(20) }]);
    expect(convert(cel.log!, { format: 'ima-ascii' }, options).bytes).toEqual(log.bytes);
    expect(convert(log, { format: 'tcg1' }, options).log!.event(IMA.length).digests[0]?.digest).toEqual(
      new Uint8Array(20).fill(0xff),
    );
  });
});

describe('logs of chance', () => {
  const place = (kind: number): fc.Arbitrary<CelRecord['index']> =>
    fc
      .integer({ min: 0, max: 12 })
      .map((value) => (kind === 0 ? { kind: 'ccmr', value: value % 5 } : { kind: 'pcr', value }));
  const contents: readonly [string, fc.Arbitrary<CelRecord['content']>][] = [
    [
      'pcclient_std',
      fc.record({
        type: fc.constantFrom(1, 3, 4, 5, 6, 0xc, 0x0800_0001, 0x8000_0001),
        data: fc.uint8Array({ maxLength: 40 }),
      }),
    ],
    ['tsm_text', fc.string({ maxLength: 20 }).map((text) => ({ data: utf8Bytes(text) }))],
    ['ima_template', fc.constantFrom(...IMA).map(({ template: name, data }) => ({ name, data }))],
    ['cos', fc.record({ type: fc.integer({ min: 0, max: 11 }), data: fc.uint8Array({ maxLength: 9 }) })],
    [
      'systemd',
      fc.string().map((string) => ({ data: utf8Bytes(JSON.stringify({ string, eventType: 'phase' })) })),
    ],
    ['foo', fc.string().map((text) => ({ data: utf8Bytes(JSON.stringify({ text })) }))],
  ];
  const content = fc.oneof(
    ...contents.map(([contentType, one]) => one.map((inner) => ({ contentType, content: inner }))),
  );
  const banks = fc.constantFrom(['sha384'], ['sha256'], ['sha1', 'sha384'], []) as fc.Arbitrary<
    ('sha1' | 'sha384')[]
  >;
  const record = (kind: number): fc.Arbitrary<CelRecord> =>
    fc.record({ index: place(kind), inner: content, banks }).map(({ index, inner, banks: names }) => ({
      ...{ index, ...inner, digests: digestsOf(inner.content.data, ...names) },
    }));
  const log = fc
    .integer({ min: 0, max: 1 })
    .chain((kind) => fc.array(record(kind), { minLength: 1, maxLength: 8 }));

  it('replay alike in every format, or are refused', () => {
    let converted = 0;
    fc.assert(
      fc.property(log, (records) => {
        const source = decodeLog(encodeCelJson(records), { format: 'cel-json' });
        for (const to of NAMES) {
          const target = targetOf(to);
          const conversion = convert(source, target, options);
          if (!conversion.refused) converted++;
          expectAlike(source, to, { target, conversion });
          for (const one of take(attempts(source, to), 3)) expectAlike(source, to, one);
        }
      }),
      { numRuns: 30, seed: 7 },
    );
    expect(converted).toBeGreaterThan(100);
  });

  it('with any byte changed never make it throw, and never give another register', () => {
    const random = fc.record({
      from: fc.constantFrom(...NAMES),
      to: fc.constantFrom(...NAMES),
      at: fc.nat(),
      byte: fc.nat(255),
    });
    fc.assert(
      fc.property(random, ({ from, to, at, byte }) => {
        const bytes = SOURCES[from]!.slice();
        bytes[at % bytes.length] = byte;
        const damaged = decodeAs(from, bytes);
        for (const one of take(attempts(damaged, to), 6)) expectAlike(damaged, to, one);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('cut anywhere are refused, or lose nothing that was decoded', () => {
    const bytes = SOURCES['tcg2']!;
    const codes = new Set<string>();
    for (let end = 0; end < bytes.length; end++) {
      const cut = decodeLog(bytes.subarray(0, end), { format: 'tcg2' });
      const { refused, losses } = convert(cut, { format: 'cel-cbor' }, options);
      codes.add(refused?.code ?? 'converted');
      // Zeros at the end look like the padding of a log area, and are said to be lost.
      if (!refused)
        expect([cut.tail.kind === 'none', losses.length]).toEqual(
          cut.tail.kind === 'none' ? [true, 0] : [false, 1],
        );
    }
    expect([...codes].sort()).toEqual(['convert.empty', 'convert.source-damaged', 'converted']);
  });
});

it('costs digests in proportion to the events', () => {
  const one = (i: number): CelRecord => ({
    ...{ index: { kind: 'pcr', value: i % 8 }, contentType: 'pcclient_std' },
    ...{ content: { type: 5, data: words(i) }, digests: digestsOf(words(i), 'sha256') },
  });
  const cost = (events: number): number => {
    const { digests, count } = countingDigests();
    const source = decodeLog(encodeCelJson(Array.from({ length: events }, (_, i) => one(i))));
    const { log, losses } = convert(source, { format: 'tcg2' }, { digests });
    expect([log?.count, losses]).toEqual([events + 1, []]);
    return count();
  };
  // Both logs replayed, and the digests of both checked against the data.
  expect([cost(200), cost(400)]).toEqual([800, 1600]);
});

it('the example of the README runs', async () => {
  const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('convert.example.ts')}\`\`\``);
  const print = vi.spyOn(console, 'log').mockReturnValue();
  try {
    await import('./convert.example.ts');
    expect(print.mock.calls).toEqual([
      ...[
        ['rtmr0', 0],
        ['rtmr1', 1],
        ['rtmr2', 0],
        ['rtmr3', 0],
      ],
      ['padding', 'padding of the log area: 3925 bytes'],
      ['convert.numbering'],
    ]);
  } finally {
    print.mockRestore();
  }
});
