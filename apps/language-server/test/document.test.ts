/** The incremental document: after any edits it says what a fresh one says, and what the event-log package says. */
import { toHex, utf8Bytes, utf8Text, type Digests } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { decodeLog, replay, trace, type TextDialect } from '@tsm/eventlog';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../src/service/log/diagnostics.ts';
import { LogDocument } from '../src/service/log/document.ts';
import { digests, open, randomChange, sampleLog, stateOf, URI } from './support/logs.ts';

const ROUNDS = process.env['TSM_TORTURE'] === '1' ? 10_000 : 500;
/** Edits of one document before the next one is taken. */
const EDITS = 20;

/** What the event-log package reads in the same text, in the same dialect. */
function kernelState(document: LogDocument) {
  const log = decodeLog(utf8Bytes(document.text), {
    ...{ format: 'tsm-text', dialect: document.dialect, algorithm: document.algorithm },
  });
  const { registers, issues } = replay(log, { digests });
  const values = new Map<number, string>();
  trace(log, 0, document.algorithm, (event, _digest, value) => values.set(event, toHex(value)), digests);
  const records = [...log].map(({ typeName, data }) => [
    typeName.replace('.', '').toLowerCase(),
    utf8Text(data),
  ]);
  const codes = [...log.issues, ...issues].map(({ code, path }) => `${path} ${code}`);
  return { records, value: registers[0] && toHex(registers[0].value), values, codes };
}

function sameAsKernel(document: LogDocument): void {
  const kernel = kernelState(document);
  const own = Array.from({ length: document.recordCount }, (_, number) => document.record(number)!);
  // Half a surrogate pair has no UTF-8.
  expect(own.map(({ kind, text }) => [kind, utf8Text(utf8Bytes(text))])).toEqual(kernel.records);
  if (document.recordCount > 0) expect(document.value && toHex(document.value)).toBe(kernel.value);
  for (const [event, value] of kernel.values) {
    if (event % 23 !== 0) continue;
    const after = document.valueAfter(event);
    expect(after && toHex(after)).toBe(value);
  }
  const codes = document.blocks.flatMap((block, b) => [
    ...block.issues.map(({ record, code }) => `events[${document.firstRecord(b) + record}] ${code}`),
    ...document.chain.mismatches(b).map(({ record }) => {
      return `events[${document.firstRecord(b) + record}] replay.sync-mismatch`;
    }),
  ]);
  const listed = kernel.codes.filter((code) => !/log\.empty|more-issues|start-unknown|ambiguous/.test(code));
  // The package lists 50 issues of a code; and an empty log is an error of a file, not of a text that begins.
  expect(codes).toEqual(expect.arrayContaining(listed));
  if (codes.length < 50) expect(codes.sort()).toEqual(listed.sort());
}

describe('a fresh document', () => {
  test.each<[TextDialect, number]>([
    ['rfc', 3],
    ['rfc', 900],
    ['issue-495', 700],
    ['aael', 700],
  ])('reads %s with %i events as the event-log package does', (dialect, count) => {
    const document = open(sampleLog(count, dialect));
    expect(document.dialect).toBe(dialect === 'aael' ? 'issue-495' : dialect);
    expect(document.recordCount).toBeGreaterThan(count);
    sameAsKernel(document);
  });

  test('counts lines as LSP does, and records as the log does', () => {
    const document = open('a b c\rd e f\r\ng h i\n');
    expect(document.lineCount).toBe(4);
    expect(document.record(0)?.text).toBe('a b c\rd e f\r');
    expect(document.record(1)?.line).toBe(2);
    expect(document.rangeOf(document.record(0)!)).toEqual({
      start: { line: 0, character: 0 },
      end: { line: 1, character: 5 },
    });
  });

  test('takes the algorithm from whole records: one may hold carriage returns, which end lines for LSP', () => {
    const document = open(`SYNC sha384\r/#\nan event\nSYNC sha256/${'00'.repeat(32)}\nanother\n`);
    expect(document.algorithm).toBe('sha256');
    sameAsKernel(document);
  });

  test('is of the AAEL dialect by its name where the text does not say', () => {
    expect(open('', 'file:///w/x.aael').dialect).toBe('aael');
    expect(open('').dialect).toBe('rfc');
  });
});

test(`after each of ${ROUNDS} edits it is what a fresh document is`, { timeout: 3_600_000 }, () => {
  for (let seed = 0; seed < ROUNDS / EDITS; seed++) {
    const random = seededRandom(seed);
    const dialect = (['rfc', 'rfc', 'issue-495', 'aael'] as const)[random(4)]!;
    const document = open(sampleLog(random(8) === 0 ? 900 : random(120), dialect));
    for (let edit = 0; edit < EDITS; edit++) {
      const text = document.text;
      const changes = Array.from({ length: 1 + random(2) }, () => randomChange(random, document));
      document.update(changes, edit);
      // At times nobody looks between two edits: what is computed when it is asked for is then older.
      if (edit < EDITS - 1 && random(3) === 0) continue;
      const fresh = open(document.text);
      expect(stateOf(document), `seed ${seed}, edit ${edit} of ${JSON.stringify(text.slice(0, 99))}`).toEqual(
        stateOf(fresh),
      );
      expect(document.text).toBe(fresh.text);
    }
    sameAsKernel(document);
  }
});

test('a change is applied as an editor applies it', () => {
  const random = seededRandom(1);
  const document = open(sampleLog(40));
  for (let edit = 0; edit < 200; edit++) {
    const lines = document.text.split(/\r\n|\n|\r/);
    const change = randomChange(random, document);
    const at = ({ line, character }: { line: number; character: number }): number => {
      const ends = [...document.text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length);
      if (line >= lines.length) return document.text.length;
      return (line === 0 ? 0 : ends[line - 1]!) + Math.min(character, lines[line]!.length);
    };
    const expected = change.range
      ? document.text.slice(0, at(change.range.start)) +
        change.text +
        document.text.slice(Math.max(at(change.range.start), at(change.range.end)))
      : change.text;
    document.update([change], edit);
    expect(document.text).toBe(expected);
  }
});

test('an edit at the end computes the chain of its own block alone', () => {
  const document = open(sampleLog(4000));
  const before = document.blocks.slice();
  const line = document.lineCount - 1;
  document.update(
    [{ range: { start: { line, character: 0 }, end: { line, character: 0 } }, text: 'more of it\n' }],
    2,
  );
  const changed = document.blocks.filter((block, i) => block !== before[i]);
  expect(before.length).toBeGreaterThan(20);
  expect(changed.length).toBeLessThanOrEqual(2);
  expect(document.uri).toBe(URI);
});

test('the chain runs as far as somebody asks: an edit at the top extends by what stands before a stated value', () => {
  let extended = 0;
  const counting: Digests = {
    ...digests,
    chain(algorithm, start) {
      const chain = digests.chain(algorithm, start);
      return {
        extend: (bytes, offset) => {
          extended++;
          chain.extend(bytes, offset);
        },
        run: (bytes, offset, count) => {
          extended += count;
          chain.run!(bytes, offset, count);
        },
        value: () => chain.value(),
        reset: (from) => chain.reset!(from),
      };
    },
  };
  const top = { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } };
  const edited = (text: string): LogDocument => {
    const document = new LogDocument(URI, 1, text, { digests: counting });
    document.update([{ range: top, text: 'x' }], 2);
    extended = 0;
    diagnose(document);
    return document;
  };
  const log = `SYNC sha384/${'00'.repeat(48)}\n${'a line of a log\n'.repeat(4000)}`;
  const document = edited(log);
  expect(extended).toBeLessThan(600);
  expect(document.valueAfter(10)).toBeDefined();
  expect(extended).toBeLessThan(600);
  expect(document.value).toEqual(open(document.text).value);
  expect(extended).toBeGreaterThan(4000);
  const stating = edited(`${log}SYNC sha384/${'00'.repeat(48)}\n`);
  expect(extended).toBeGreaterThan(4000);
  expect(diagnose(stating).map(({ code }) => code)).toContain('replay.sync-mismatch');
});
