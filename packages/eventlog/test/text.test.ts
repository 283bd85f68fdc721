/** Text logs: the vectors of the Linux RFC step by step, the INIT dialects, what is wrong with a log, and writing one. */
import { concat, fromHex, toHex, utf8Bytes, utf8Text, type AlgorithmName } from '@tsm/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APPEND_MAX,
  appendText,
  decodeLog,
  extendText,
  isLog,
  openText,
  replay,
  resumeText,
  startText,
  TEXT_DIALECTS,
  trace,
  type DecodeLogOptions,
  type EventLog,
  type TextDialect,
  type TextStep,
  type TextWriter,
} from '../src/index.ts';
import {
  appending,
  codes,
  digestOfText,
  extended,
  extending,
  nodeDigests,
  written,
  zero,
} from './support/logs.ts';

const Z96 = '0'.repeat(96);
const HELLO = digestOfText('hello');
const AT_2 =
  'c18fdf9a5006093dbb7f01caf856c469995e6026196084bf9997f356f256a3f8d959547c669683ef58f28b87187ce4c3';
const AT_3 =
  'e08324704b90dd654449021579f75ed193b46f491f3dd35d53b3dacc58d12feda5a68605e0cf725c423029aefa78b057';
const AT_4 =
  'f5058d4cbd806e526388ae0e1b378acc2fc5435f315e39ef851ab3a22ffbc5e5f03f35df9e67f9e8506e9a645a73dc08';
const FINAL =
  '4ac7566fbeecf6e84768bcaeaf60aec022e680a95343b0653bc020071069919561d1cb473403e345187c2d5f675fada7';

/** The steps of the known answers: what is written, which bytes that adds, and the register afterwards. */
const RFC_STEPS: readonly [string, (writer: TextWriter) => TextStep, string, string][] = [
  ['two lines', appending('A\nB\n'), `SYNC sha384/${Z96}\n\nA\nB\n`, AT_2],
  ['blanks, CR LF and a comment', appending('  C  \r\n# note\n\n'), '\nC\n# note\n', AT_3],
  ['a direct extend', extending(HELLO), `\n# .EXTEND ${toHex(HELLO)}\n`, AT_4],
  ['an event after it, without line feed', appending('D'), `\nSYNC sha384/${AT_4}\n\nD\n`, FINAL],
];
const RFC = written(startText('rfc', 'sha384', zero()), ...RFC_STEPS.map(([, step]) => step));
const RFC_TEXT = utf8Text(RFC.bytes);

/** Value of the register after each record of that log. */
const RUNNING: readonly [string, string][] = [
  [
    'SYNC',
    'bbcff67eab4aa6136e879db8faa1b39e9bda710219c24a6686f5d189d9ac74d2948860f46f3ff9485f220e5959a1de7f',
  ],
  [
    'event',
    'dd7a813c660eb721a4cb59406870a66c598910724e8d64ee522f46b7178bde14d8026acfda26705373c411c541fb2cbd',
  ],
  ['event', AT_2],
  ['event', AT_3],
  ['.EXTEND', AT_4],
  [
    'SYNC',
    '6261b50011de9d632745c15881a0c628a290b45d9c0147f7d526d72238331fc8c0ce7ace57f003788550d90bd557780b',
  ],
  ['event', FINAL],
];

const decoded = (text: string, options?: DecodeLogOptions): EventLog => decodeLog(utf8Bytes(text), options);
const replayed = (log: EventLog) => replay(log, { digests: nodeDigests });
const valueOf = (log: EventLog): string => toHex(replayed(log).registers[0]!.value);
const texts = (log: EventLog): string[] => [...log].map(({ data }) => utf8Text(data));

describe('the Linux RFC, known answers', () => {
  it.each(RFC_STEPS.map(([name, , added, value], i) => [name, i, added, value] as const))(
    '%s',
    (_name, step, added, value) => {
      expect(utf8Text(RFC.steps[step]!.added)).toBe(added);
      expect(toHex(RFC.steps[step]!.writer.value)).toBe(value);
    },
  );

  it('the log has 345 bytes, and each record gives its running value', () => {
    expect(RFC.bytes).toHaveLength(345);
    const log = decodeLog(RFC.bytes);
    expect(log).toMatchObject({ format: 'tsm-text', dialect: 'rfc', numbering: 'single', count: 7 });
    expect(codes(log)).toEqual(['replay.unlogged-extend']);
    const running: [string, string][] = [];
    trace(log, 0, 'sha384', (event, _digest, value) => {
      running.push([log.event(event).typeName, toHex(value)]);
    });
    expect(running).toEqual(RUNNING);
    expect(replayed(log).issues).toEqual([]);
    expect(replayed(log).registers).toMatchObject([{ name: null, start: zero(), extends: 7 }]);
  });

  it.each<[string, (text: string) => string, boolean, boolean]>([
    ['a record deleted', (text) => text.replace('B\n', ''), true, false],
    ['two records swapped', (text) => text.replace('A\nB\n', 'B\nA\n'), true, false],
    ['a digit of .EXTEND changed', (text) => text.replace('EXTEND 59', 'EXTEND 58'), true, false],
    ['the first SYNC dropped', (text) => text.slice(text.indexOf('\n\n') + 1), false, true],
    ['the text of a comment changed', (text) => text.replace('# note', '# other'), false, true],
    ['an empty line added', (text) => text.replace('A\n', '\nA\n\n'), false, true],
    ['the last line feed dropped', (text) => text.slice(0, -1), false, true],
    ['a SYNC that states another value', (text) => text.replace(`/${AT_4}`, `/${AT_3}`), true, false],
  ])('%s', (_name, change, mismatch, same) => {
    const log = decoded(change(RFC_TEXT));
    const found = replayed(log).issues.map(({ code }) => code);
    expect(found).toEqual(mismatch ? ['replay.sync-mismatch'] : []);
    expect(valueOf(log) === FINAL).toBe(same);
  });

  it('without it the log is replayed from the next stated value on, and says what that leaves out', () => {
    const log = decoded(RFC_TEXT.slice(RFC_TEXT.indexOf('\n\n') + 1));
    const issue = log.issues.find(({ code }) => code === 'replay.start-unknown');
    expect(issue?.message).toMatch(
      /its first 4 records, .* cannot be replayed, and nothing vouches for them/,
    );
    expect(issue).toMatchObject({ offset: 0, length: log.event(4).offset });
    expect(log.event(4).typeName).toBe('SYNC');
  });

  it('the first SYNC gives the start value, and a mismatch names both values', () => {
    const log = decoded(`SYNC sha384/${AT_2}\nC\nSYNC sha384/${AT_2}\n`);
    expect(toHex(log.start(0, 'sha384')!)).toBe(AT_2);
    const [issue] = replayed(log).issues;
    expect(issue).toMatchObject({ path: 'events[2]', offset: 111, length: 108, severity: 'error' });
    expect(issue?.message).toContain('SYNC states c18fdf9a…187ce4c3');
  });

  it('an event that only looks like SYNC, added by a user, is checked like any', () => {
    const { bytes, writer } = written(
      startText('rfc', 'sha384', zero()),
      appending(`A\nSYNC sha384/${AT_2}`),
    );
    const log = decodeLog(bytes);
    expect(replayed(log).issues).toMatchObject([{ code: 'replay.sync-mismatch', path: 'events[2]' }]);
    expect(valueOf(log)).toBe(toHex(writer.value));
  });

  it('a forged # .EXTEND, stored as a comment, is found at the next SYNC', () => {
    const { bytes, writer } = written(
      startText('rfc', 'sha384', zero()),
      appending(`A\n# .EXTEND ${toHex(HELLO)}\n`),
      extending(HELLO),
      appending('B'),
    );
    const log = decodeLog(bytes);
    expect(codes(log)).toEqual(['replay.unlogged-extend', 'replay.unlogged-extend']);
    expect(replayed(log).issues).toMatchObject([{ code: 'replay.sync-mismatch' }]);
    expect(valueOf(log)).not.toBe(toHex(writer.value));
  });

  it('blank lines alone change nothing; a write that fails leaves the writer as it was', () => {
    for (const input of ['', '\n\n', ' \t\r\n  ']) {
      const step = appendText(RFC.writer, input, nodeDigests);
      expect(step).toEqual({ added: new Uint8Array(0), extends: [], writer: RFC.writer });
    }
    expect(() => appendText(RFC.writer, 'x'.repeat(APPEND_MAX + 1), nodeDigests)).toThrow(RangeError);
    expect(() => appendText(RFC.writer, 'é'.repeat(APPEND_MAX / 2 + 1), nodeDigests)).toThrow('got 4098');
    expect(appendText(RFC.writer, 'x'.repeat(APPEND_MAX), nodeDigests).extends).toHaveLength(1);
    expect(() => extendText(RFC.writer, new Uint8Array(32), nodeDigests)).toThrow(
      'digest: expected 48 bytes',
    );
  });

  it('a direct extend that comes first has the algorithm of the SYNC after it, or of the option', () => {
    const digest = digestOfText('x', 'sha256');
    const start = startText('rfc', 'sha256', zero('sha256'));
    const { bytes, writer } = written(start, extending(digest), appending('A'));
    const log = decodeLog(bytes);
    expect(codes(log)).toEqual(['replay.unlogged-extend', 'replay.start-unknown']);
    expect(replayed(log).issues).toEqual([]);
    expect(valueOf(log)).toBe(toHex(writer.value));
    const alone = decodeLog(written(start, extending(digest)).bytes, { algorithm: 'sha256' });
    expect(valueOf(alone)).toBe(extended('sha256', zero('sha256'), digest));
    expect(alone.event(0).digests).toMatchObject([{ algorithm: 'sha256', digest, offset: 10 }]);
  });
});

const INIT = `INIT sha384/${AT_2}`;

describe('the INIT dialects', () => {
  it.each<[string, string, TextDialect, string[]]>([
    ['leading blanks count', `${INIT}\n  x \n`, 'issue-495', [INIT, '  x ']],
    ['# in column 0 is a comment, elsewhere not', `${INIT}\n# no\n # yes\n`, 'issue-495', [INIT, ' # yes']],
    ['SYNC means nothing', `${INIT}\nSYNC x\n#\n`, 'issue-495', [INIT, 'SYNC x']],
    ['# .EXTEND means nothing', `${INIT}\n# .EXTEND ${Z96}\nx\n`, 'issue-495', [INIT, 'x']],
    ['AAEL has no comments', `${INIT}\n# b c\na.b c d\n`, 'aael', [INIT, '# b c', 'a.b c d']],
    ['content may hold blanks', `${INIT}\na.b c d e  f\n`, 'aael', [INIT, 'a.b c d e  f']],
    ['no final newline', `${INIT}\n\n\na.b c d`, 'aael', [INIT, 'a.b c d']],
  ])('%s', (_name, text, dialect, records) => {
    const log = decoded(text, { dialect });
    expect(texts(log)).toEqual(records);
    expect(toHex(log.start(0, 'sha384')!)).toBe(AT_2);
    expect(valueOf(log)).toBe(
      extended('sha384', fromHex(AT_2)!, ...records.map((line) => digestOfText(line))),
    );
  });

  it.each<[string, string, AlgorithmName, string | undefined]>([
    ['INIT alg/hex', `INIT sha384/${AT_2}`, 'sha384', AT_2],
    ['INIT/alg hex', `INIT/sha384 ${AT_2}`, 'sha384', AT_2],
    ['another spelling', `INIT SHA-256/${'ab'.repeat(32)}`, 'sha256', 'ab'.repeat(32)],
    ['half of the zeros, as old agents wrote them', `INIT sha384/${'0'.repeat(48)}`, 'sha384', Z96],
    ['a short value that is not zero', `INIT sha384/${'1'.repeat(48)}`, 'sha384', undefined],
    ['no value', 'INIT sha384', 'sha384', Z96],
  ])('%s', (_name, line, algorithm, start) => {
    const log = decoded(`${line}\na.b c d\n`, { dialect: 'aael' });
    expect(log.algorithms).toEqual([algorithm]);
    expect(log.start(0, algorithm)).toEqual(start === undefined ? undefined : fromHex(start));
    expect(log.count).toBe(2);
  });

  it('events say domain, operation and content', () => {
    const log = decoded(`${INIT}\nexample.org/app start {"v": 1}\n`, { dialect: 'aael' });
    expect(log.event(1).content()).toMatchObject({
      kind: 'text-event',
      fields: { domain: 'example.org/app', operation: 'start', content: '{"v": 1}' },
    });
    expect(decoded('a\tb c\u0001d\n', { dialect: 'rfc' }).event(0).content().title).toBe('a\\x09b c\\x01d');
  });

  it.each(['one', 'one two', 'a\tb c d', 'a b c\rd', 'a b c\nd e f', ''])(
    'an agent refuses to write %j',
    (input) => {
      const writer = startText('aael', 'sha384', zero());
      expect(() => appendText(writer, input, nodeDigests)).toThrow('event: expected one line');
    },
  );

  it.each(['one', 'a\tb c d', 'a b c d\r'])('an AAEL log that holds %j has an issue', (line) => {
    const log = decoded(`${INIT}\n${line}\n`, { dialect: 'aael' });
    expect(codes(log)).toEqual(['text.not-an-event-line']);
    expect(log.count).toBe(2);
  });
});

describe('which dialect', () => {
  const plain = `${INIT}\na.b c d\n`;
  it.each<[string, string, TextDialect | undefined]>([
    ['SYNC first', `SYNC sha384/${Z96}\n`, 'rfc'],
    ['SYNC after comments', `# x\n\nSYNC sha384/${Z96}\n`, 'rfc'],
    ['a direct extend', `# .EXTEND ${Z96}\n`, 'rfc'],
    ['INIT and a comment', `${INIT}\n# x\n`, 'issue-495'],
    ['INIT and blanks that count', `${INIT}\na b c \n`, 'issue-495'],
    ['INIT and a line of one word', `${INIT}\nx\n`, 'issue-495'],
    ['INIT/alg', `INIT/sha384 ${AT_2}\nx\n`, 'aael'],
    ['events of an agent, no INIT', 'example.org op x\ngithub.com/coco/x op {"a": 1}\n', 'aael'],
    ['prose', 'This is no log.\n', undefined],
    ['comments alone', '# nothing\n', undefined],
    ['JSON', '{"a": [1]}', undefined],
    ['text with control characters', `SYNC sha384/${Z96}\n\u0007\n`, undefined],
  ])('%s', (_name, text, dialect) => {
    const log = decoded(text);
    expect(isLog(utf8Bytes(text))).toBe(dialect !== undefined);
    expect(log.dialect).toBe(dialect);
    expect(codes(log)).not.toContain('log.ambiguous');
    expect(codes(log).includes('log.unknown-format')).toBe(dialect === undefined);
  });

  it('where two look alike, both are named and the first is used', () => {
    const log = decoded(plain);
    expect(log.dialect).toBe('issue-495');
    expect(log.issues).toMatchObject([{ code: 'log.ambiguous', severity: 'warning', length: plain.length }]);
    expect(log.issues[0]?.message).toContain('issue-495 and as aael; issue-495 is used');
  });

  it.each(TEXT_DIALECTS)('the option %s decides', (dialect) => {
    expect(decoded(plain, { dialect })).toMatchObject({ dialect, count: 2 });
    expect(codes(decoded(plain, { dialect }))).toEqual(
      dialect === 'rfc' ? ['text.dialect-mix', 'replay.start-unknown'] : [],
    );
  });
});

describe('what is wrong with a log', () => {
  const SYNC = `SYNC sha384/${Z96}`;
  it.each<[string, string, TextDialect, string[]]>([
    [
      'an event after a direct extend without SYNC',
      `${SYNC}\n# .EXTEND ${Z96}\nA\n`,
      'rfc',
      ['replay.unlogged-extend', 'text.missing-sync'],
    ],
    ['.EXTEND without a value', `${SYNC}\n# .EXTEND\n`, 'rfc', ['replay.unlogged-extend', 'text.bad-digest']],
    [
      '.EXTEND with a short value',
      `${SYNC}\n# .EXTEND 00\n`,
      'rfc',
      ['replay.unlogged-extend', 'text.bad-digest'],
    ],
    ['a comment that begins like it', `${SYNC}\n# .EXTENDED\n`, 'rfc', []],
    [
      'SYNC with an odd number of digits',
      `${SYNC}0\nA\n`,
      'rfc',
      ['text.bad-digest', 'replay.start-unknown'],
    ],
    [
      'SYNC with something after the value',
      `${SYNC} x\n`,
      'rfc',
      ['text.bad-digest', 'replay.start-unknown'],
    ],
    [
      'SYNC of an unknown algorithm',
      `SYNC md5/${Z96}\n`,
      'rfc',
      ['text.unknown-algorithm', 'replay.start-unknown'],
    ],
    ['SYNC without anything', 'SYNC \n', 'rfc', ['text.unknown-algorithm', 'replay.start-unknown']],
    [
      'another algorithm later',
      `${SYNC}\nSYNC sha256/${'0'.repeat(64)}\n`,
      'rfc',
      ['text.algorithm-changed'],
    ],
    ['INIT in an RFC log', `${SYNC}\n${INIT}\n`, 'rfc', ['text.dialect-mix']],
    ['blanks around a line', `${SYNC}\n A\nB \n`, 'rfc', ['text.untrimmed', 'text.untrimmed']],
    ['line ends of CR LF', `${SYNC}\r\nA\r\n`, 'rfc', ['text.untrimmed']],
    ['INIT twice', `${INIT}\nA\n${INIT}\n`, 'issue-495', ['text.init-again']],
    ['SYNC in an INIT log', `${INIT}\nSYNC x\n`, 'issue-495', ['text.dialect-mix']],
    ['short INIT', 'INIT sha384/00\n', 'aael', ['text.short-init']],
    ['no INIT', 'a.b c d\n', 'aael', ['replay.start-unknown']],
  ])('%s', (_name, text, dialect, expected) => {
    expect(codes(decoded(text, { dialect }))).toEqual(expected);
  });

  it('a line whose value cannot be used is still hashed, .EXTEND not', () => {
    expect(valueOf(decoded(`SYNC md5/00\n`, { dialect: 'rfc' }))).toBe(
      extended('sha384', zero(), digestOfText('SYNC md5/00')),
    );
    const log = decoded(`${SYNC}\n# .EXTEND 00\n`);
    expect(log.event(1)).toMatchObject({ typeName: '.EXTEND', measured: false, digests: [] });
    expect(valueOf(log)).toBe(extended('sha384', zero(), digestOfText(SYNC)));
  });

  it('a byte order mark is hashed, and hides what it stands before', () => {
    const log = decoded(`\ufeff${SYNC}\n`);
    expect(codes(log)).toEqual(['replay.start-unknown']);
    expect(log.event(0).typeName).toBe('event');
    expect(valueOf(log)).toBe(extended('sha384', zero(), digestOfText(`\ufeff${SYNC}`)));
  });

  it('lines end at LF alone: a CR is hashed like any byte', () => {
    const log = decoded(`${SYNC}\r\nA\r\n`);
    expect(valueOf(log)).toBe(extended('sha384', zero(), digestOfText(`${SYNC}\r`), digestOfText('A\r')));
  });
});

/** Writes that every dialect can hold, and direct extends. */
const anyWrite = fc.oneof(
  fc.array(fc.constantFrom('A', ' b ', '# note', '', 'example.org op content', 'SYNCHRONOUS', 'é\t!'), {
    maxLength: 4,
  }),
  fc.uint8Array({ minLength: 48, maxLength: 48 }),
);

describe('writing', () => {
  const apply = (writer: TextWriter, one: string[] | Uint8Array): TextStep =>
    one instanceof Uint8Array
      ? extendText(writer, one, nodeDigests)
      : appendText(writer, one.join('\n'), nodeDigests);

  it('an RFC log replays to the register, and is resumed where it ends', () => {
    const start = fc.uint8Array({ minLength: 48, maxLength: 48 });
    fc.assert(
      fc.property(start, fc.array(anyWrite, { maxLength: 8 }), (value, writes) => {
        let writer = startText('rfc', 'sha384', value);
        let bytes: Uint8Array = new Uint8Array(0);
        let chained = toHex(value);
        for (const one of writes) {
          const step = apply(writer, one);
          chained = extended('sha384', fromHex(chained)!, ...step.extends);
          bytes = concat(bytes, step.added);
          ({ writer } = step);
          expect(toHex(writer.value)).toBe(chained);
          expect(resumeText('rfc', 'sha384', writer.value, bytes)).toEqual(writer);
        }
        const log = decodeLog(bytes, { dialect: 'rfc' });
        const { issues, registers } = replayed(log);
        expect(codes(log).filter((code) => code.startsWith('text.'))).toEqual([]);
        if (codes(log).includes('replay.start-unknown')) return;
        expect(issues).toEqual([]);
        if (log.count > 0) expect(registers[0]?.start).toEqual(value);
        if (log.count > 0) expect(toHex(registers[0]!.value)).toBe(chained);
      }),
    );
  });

  it.each(['issue-495', 'aael'] as const)('%s: an appended log replays to the register', (dialect) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a.b c d', 'e.f/g h i  j'), { maxLength: 6 }), (lines) => {
        const { bytes, writer } = written(
          startText(dialect, 'sha256', zero('sha256')),
          (first) => openText(first, nodeDigests),
          ...lines.map(appending),
        );
        const log = decodeLog(bytes, { dialect });
        expect(texts(log).slice(1)).toEqual(lines);
        expect(valueOf(log)).toBe(toHex(writer.value));
        expect(resumeText(dialect, 'sha256', writer.value, bytes)).toEqual(writer);
      }),
    );
  });

  it('openText writes SYNC or INIT, once', () => {
    for (const [dialect, word] of [
      ['rfc', 'SYNC'],
      ['issue-495', 'INIT'],
      ['aael', 'INIT'],
    ] as const) {
      // prettier-ignore
      const opened = openText(startText(dialect, 'sha384', zero()), nodeDigests);
      expect(utf8Text(opened.added)).toBe(`${word} sha384/${Z96}\n`);
      const next = appendText(opened.writer, 'a b c', nodeDigests);
      expect(utf8Text(next.added)).toBe(dialect === 'rfc' ? '\na b c\n' : 'a b c\n');
    }
  });

  it.each(TEXT_DIALECTS)('%s: a last line without its line feed is ended before the next', (dialect) => {
    const { bytes, writer } = written(startText(dialect, 'sha384', zero()), appending('a b c'));
    const cut = bytes.subarray(0, -1);
    const resumed = resumeText(dialect, 'sha384', writer.value, cut);
    const steps = [appending('d e f'), extending(HELLO), appending('g h i')];
    const whole = decodeLog(concat(cut, written(resumed, ...steps).bytes), { dialect });
    expect(texts(whole)).toEqual(
      texts(decodeLog(concat(bytes, written(writer, ...steps).bytes), { dialect })),
    );
  });

  it('the INIT dialects do not log a direct extend', () => {
    const step = extendText(startText('aael', 'sha384', zero()), HELLO, nodeDigests);
    expect(step.added).toHaveLength(0);
    expect(toHex(step.writer.value)).toBe(extended('sha384', zero(), HELLO));
  });
});
