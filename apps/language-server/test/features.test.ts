/** Each feature on its own, over text logs. */
import { portableDigests, toHex } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { describe, expect, test } from 'vitest';
import type { Position, TextEdit } from '../src/protocol/lsp.ts';
import { conversions, quickFixes } from '../src/service/log/actions.ts';
import { semanticTokens } from '../src/service/log/colours.ts';
import { diagnose } from '../src/service/log/diagnostics.ts';
import { LogDocument } from '../src/service/log/document.ts';
import { explainedFixes } from '../src/service/log/explained.ts';
import { format } from '../src/service/log/format.ts';
import { hover, inlayHints } from '../src/service/log/hints.ts';
import { codeLenses } from '../src/service/log/lenses.ts';
import {
  definition,
  documentLinks,
  highlights,
  prepareRename,
  references,
  rename,
  workspaceSymbols,
} from '../src/service/log/navigation.ts';
import { documentSymbols, foldingRanges, selectionRange } from '../src/service/log/segments.ts';
import { TOKEN_TYPES } from '../src/service/log/tokens.ts';
import { completion, signatureHelp } from '../src/service/log/words.ts';
import { digests, open, sampleLog, URI } from './support/logs.ts';

const Z96 = '0'.repeat(96);
const at = (line: number, character = 0): Position => ({ line, character });
const all = { start: at(0), end: at(10_000) };
const RFC = sampleLog(9, 'rfc', 4);
const codes = (text: string, uri?: string): string[] => diagnose(open(text, uri)).map(({ code }) => code);

/** The text after these edits, from the last to the first. */
function edited(document: LogDocument, edits: readonly TextEdit[]): string {
  const copy = open(document.text);
  const order = [...edits].sort(
    (a, b) => b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character,
  );
  for (const { range, newText } of order) copy.update([{ range, text: newText }], 2);
  return copy.text;
}

describe('diagnostics', () => {
  test.each([
    ['text.bad-digest', 'SYNC sha384/12\n'],
    ['text.unknown-algorithm', `SYNC md5/${Z96}\n`],
    ['text.algorithm-changed', `SYNC sha384/${Z96}\nSYNC sha256/00\n`],
    ['text.dialect-mix', `SYNC sha384/${Z96}\nINIT sha384/${Z96}\n`],
    ['text.dialect-mix', `INIT sha384/${Z96}\nSYNC sha384/${Z96}\n`],
    ['text.missing-sync', `SYNC sha384/${Z96}\n# .EXTEND ${Z96}\nan event after it\n`],
    ['replay.unlogged-extend', `SYNC sha384/${Z96}\n# .EXTEND ${Z96}\n`],
    ['replay.sync-mismatch', `SYNC sha384/${Z96}\na b c\nSYNC sha384/${Z96}\n`],
    ['replay.start-unknown', 'a b c\n'],
    ['text.untrimmed', `SYNC sha384/${Z96}\n a b c\n`],
    ['text.short-init', `INIT sha384/${'0'.repeat(64)}\n`],
    ['text.init-again', `INIT sha384/${Z96}\nINIT sha384/${Z96}\n`],
    ['text.not-an-event-line', `INIT/sha384 ${Z96}\noneword\n`],
    ['log.ambiguous', `INIT sha384/${Z96}\na b c\n`],
  ])('%s', (code, text) => {
    expect(codes(text)).toContain(code);
  });

  test('an algorithm without a backend is said, and nothing is computed', () => {
    const text = `SYNC sha3-256/${'0'.repeat(64)}\na b c\n`;
    const document = new LogDocument(URI, 1, text, { digests: portableDigests });
    expect(diagnose(document).map(({ code }) => code)).toContain('replay.no-backend');
    expect(inlayHints(document, all)).toEqual([]);
    expect(hover(document, at(1))?.contents.value).toContain('not known');
  });

  test('a log that is right has none', () => {
    expect(codes(RFC).filter((code) => code !== 'replay.unlogged-extend')).toEqual([]);
  });

  test('point at the part that is wrong', () => {
    const [first] = diagnose(open(`SYNC sha384/12\n`));
    expect(first?.code).toBe('replay.start-unknown');
    const found = diagnose(open(`SYNC sha384/12\n`)).find(({ code }) => code === 'text.bad-digest');
    expect(found?.range).toEqual({ start: at(0, 12), end: at(0, 14) });
    expect(found?.message).toContain('linux-coco');
  });

  test('of one code are listed up to a number, and the rest is said to be left out', () => {
    const found = codes(`SYNC sha384/${Z96}\n${' x\n'.repeat(300)}`);
    expect(found.filter((code) => code === 'text.untrimmed')).toHaveLength(200);
    expect(found.filter((code) => code === 'log.more-issues')).toHaveLength(1);
  });

  test('a value that differs from the evidence is said, and where the evidence stops when that is known', () => {
    const document = open(RFC);
    const value = document.valueBefore(6)!;
    const evidence = { uri: 'file:///w/quote.dat', name: 'quote.dat', value };
    const last = diagnose(document, { register: 'rtmr3', evidence }).at(-1);
    expect(last).toMatchObject({ code: 'log.evidence-mismatch', severity: 1 });
    expect(last?.relatedInformation?.[0]?.location.uri).toBe('file:///w/quote.dat');
    expect(document.recordAfterValue(value)).toBe(6);
    const known = diagnose(document, { register: 'rtmr3', evidence, divergence: 6 }).at(-1);
    expect(known?.range.start.line).toBe(document.record(6)?.line);
    const right = { ...evidence, value: document.value! };
    expect(diagnose(document, { evidence: right }).map(({ code }) => code)).not.toContain(
      'log.evidence-mismatch',
    );
  });
});

test('inlay hints have the running value after each line', () => {
  const document = open(RFC);
  const hints = inlayHints(document, all, { register: 'rtmr3' });
  expect(hints).toHaveLength(document.recordCount);
  const log = decodeLog(new TextEncoder().encode(RFC));
  expect(hints.at(-1)?.tooltip).toBe(`sha384 ${toHex(replay(log, { digests }).registers[0]!.value)}`);
  expect(inlayHints(document, { start: at(0), end: at(0) })).toHaveLength(1);
});

test('hover has the event, its digest, the value before and after, and the specification', () => {
  const document = open(RFC);
  const event = hover(document, at(document.record(1)!.line, 2))!.contents.value;
  for (const value of [document.valueBefore(1)!, document.valueAfter(1)!, document.record(1)!.digest!])
    expect(event).toContain(toHex(value));
  expect(event).toMatch(/domain.*example\.org\/app/);
  expect(event).toContain('linux-coco');
  expect(hover(document, at(1))).toBeUndefined();
  const wrong = open(`SYNC sha384/${Z96}\na b c\nSYNC sha384/${Z96}\n`);
  expect(hover(wrong, at(2))!.contents.value).toContain('not as replayed');
});

test('code lenses extend, verify, and show the value at stated lines and at the end', () => {
  const document = open(RFC);
  const titles = codeLenses(document, { register: 'rtmr3' }).map(({ command }) => command.title);
  expect(titles.slice(0, 2)).toEqual(['Extend into RTMR3', 'Verify against evidence…']);
  expect(titles.filter((title) => title.startsWith('Value here'))).toHaveLength(4);
  const copied = codeLenses(document).at(-1)!.command.arguments;
  expect(copied).toEqual([toHex(document.value!)]);
});

describe('completion', () => {
  const labels = (text: string, line: number, character: number, context = {}): string[] =>
    completion(open(text), at(line, character), context).map(({ label }) => label);
  const text = `${RFC}\n`;
  const last = text.split('\n').length - 1;

  test('at the start of a line: domains, words of the dialect, an event to fill in', () => {
    expect(labels(text, last, 0)).toEqual(
      expect.arrayContaining(['example.org/app', 'SYNC', '# .EXTEND', 'event']),
    );
    expect(labels('', 0, 0)).toContain('INIT');
  });

  test('SYNC is offered with the value that belongs there', () => {
    const document = open(text);
    const sync = completion(document, at(last)).find(({ label }) => label === 'SYNC')!;
    const then = edited(document, [{ range: sync.textEdit.range, newText: `${sync.textEdit.newText}\n` }]);
    expect(codes(then)).not.toContain('replay.sync-mismatch');
    expect(sync.textEdit.newText).toContain(toHex(document.value!));
  });

  test('after SYNC: the algorithms, that of the log with its value', () => {
    const items = completion(open(`${text}SYNC `), at(last, 5));
    expect(items.map(({ label }) => label)).toEqual(expect.arrayContaining(['sha256', 'sha384', 'sm3']));
    const own = items.find(({ label }) => label === 'sha384')!;
    expect(own.textEdit.newText).toBe(`sha384/${toHex(open(text).value!)}`);
  });

  test('after a domain its operations, then contents and the registers of the provider', () => {
    expect(labels(`${text}example.org/app `, last, 16)).toEqual(['load']);
    const content = labels(`${text}example.org/app load `, last, 21, { registers: ['rtmr3'] });
    expect(content).toEqual(expect.arrayContaining(['image-9 of many', 'rtmr3']));
    expect(labels(`${text}other.org/app `, last, 14)).toEqual([]);
  });

  test('signature help says which field is written', () => {
    const help = signatureHelp(open('a.b c d e'), at(0, 9))!;
    expect(help).toMatchObject({ activeParameter: 2, signatures: [{ label: 'domain operation content' }] });
    expect(signatureHelp(open('a'), at(0, 1))?.activeParameter).toBe(0);
    expect(signatureHelp(open('SYNC sha384/'), at(0, 12))).toBeUndefined();
  });
});

test('semantic tokens name each part of each line', () => {
  const data = semanticTokens(open(`SYNC sha384/${Z96}\n# a remark\n\na.b c d e\n# .EXTEND ${Z96}\n`));
  const types = Array.from({ length: data.length / 5 }, (_, i) => TOKEN_TYPES[data[5 * i + 3]!]);
  expect(types).toEqual([
    ...['keyword', 'type', 'number', 'comment', 'namespace', 'function', 'string', 'keyword', 'number'],
  ]);
  expect(data.slice(0, 10)).toEqual([0, 0, 4, 0, 0, 0, 5, 6, 1, 0]);
  const part = semanticTokens(open(RFC), { start: at(2), end: at(2) });
  expect(part.slice(0, 2)).toEqual([2, 0]);
});

test('the outline has stretches between stated values, and their events', () => {
  const [root] = documentSymbols(open(RFC), { register: 'rtmr3' });
  expect(root?.name).toBe('RTMR3');
  expect(root?.children?.map(({ name }) => name)).toEqual(['SYNC', 'SYNC', 'SYNC']);
  expect(root?.children?.[0]?.children?.[0]?.name).toBe('example.org/app load image-1 of many');
  expect(documentSymbols(open('\n'))).toEqual([]);
});

test('stretches and remarks fold', () => {
  const folds = foldingRanges(open(`${RFC}# one\n# two\n`));
  expect(folds.filter(({ kind }) => kind === 'region')).toHaveLength(3);
  expect(folds.filter(({ kind }) => kind === 'comment')).toHaveLength(1);
});

test('selection grows from part to record, stretch and log', () => {
  const document = open(RFC);
  const { line } = document.record(1)!;
  let range = selectionRange(document, at(line, 3));
  expect(range.range).toEqual({ start: at(line, 0), end: at(line, 15) });
  const sizes: number[] = [];
  for (;;) {
    sizes.push(range.range.end.line - range.range.start.line);
    if (!range.parent) break;
    range = range.parent;
  }
  expect(sizes).toHaveLength(4);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
});

describe('navigation', () => {
  const document = open(RFC);
  const lines = (found: readonly { range: { start: Position } }[]): number[] =>
    found.map(({ range }) => range.start.line);

  test('an event leads to the value its stretch starts from, a SYNC to the record before', () => {
    const second = documentSymbols(document)[0]!.children![1]!.range.start.line;
    const number = document.recordFrom(second);
    expect(lines(definition(document, at(document.record(1)!.line)))).toEqual([0]);
    expect(lines(definition(document, at(second)))).toEqual([document.record(number - 1)!.line]);
    expect(lines(definition(document, at(document.record(number - 1)!.line)))).toEqual([second]);
  });

  test('the first SYNC leads to the log that ends with its value', () => {
    const next = open(`SYNC sha384/${toHex(document.value!)}\n`, 'file:///w/next.tsmlog');
    const [found] = definition(next, at(0), [open('a b c\n', 'file:///w/x.tsmlog'), document]);
    expect(found?.uri).toBe(URI);
    expect(found?.range.start.line).toBe(document.record(document.recordCount - 1)!.line);
    const inner = open(`SYNC sha384/${toHex(document.valueBefore(3)!)}\n`, 'file:///w/next.tsmlog');
    expect(lines(definition(inner, at(0), [document]))).toEqual([document.record(2)!.line]);
  });

  test('references: all events of the register, or all of a domain', () => {
    expect(references(document, at(0))).toHaveLength(document.recordCount);
    expect(references(document, at(document.record(1)!.line, 3))).toHaveLength(9);
    expect(highlights(document, at(document.record(1)!.line, 17))).toHaveLength(9);
    expect(highlights(document, at(0))).toEqual([]);
  });

  test('a domain is renamed everywhere, and to nothing that is no domain', () => {
    const place = at(document.record(1)!.line, 3);
    expect(prepareRename(document, place)).toBeDefined();
    expect(prepareRename(document, at(0))).toBeUndefined();
    const renamed = edited(document, rename(document, place, 'other.org')!);
    expect(renamed).not.toContain('example.org/app');
    expect(renamed.match(/other\.org load/g)).toHaveLength(9);
    for (const bad of ['', 'a b', '#x']) expect(rename(document, place, bad)).toBeUndefined();
  });

  test('addresses are links, and symbols are found across logs', () => {
    const linked = open('a b see https://example.org/x?y=1, then go\n');
    expect(documentLinks(linked).map(({ target }) => target)).toEqual(['https://example.org/x?y=1,']);
    const found = workspaceSymbols([document, linked], 'image-3');
    expect(found.map(({ name }) => name)).toEqual(['example.org/app load image-3 of many']);
    expect(workspaceSymbols([document], '').map(({ name }) => name)).toEqual(['example.org/app']);
  });
});

describe('formatting', () => {
  const measured = (text: string): string => {
    const document = open(text);
    return JSON.stringify(Array.from({ length: document.recordCount }, (_, i) => document.record(i)?.text));
  };

  test.each([
    ['\n\na b c\n\n\n\nd e f\n\n\n', 'a b c\n\nd e f\n'],
    [`SYNC sha384/${Z96}\n# remark  \n  x  \n\t\n`, `SYNC sha384/${Z96}\n# remark\n  x  \n\t\n`],
    ['a b c', 'a b c\n'],
    ['a b c\r\n\r\n', 'a b c\r\n\r\n'],
    ['', ''],
  ])('%j becomes %j, and the measured bytes stay', (text, expected) => {
    const document = open(text);
    const after = edited(document, format(document));
    expect(after).toBe(expected);
    expect(measured(after)).toBe(measured(text));
    expect(format(open(after))).toEqual([]);
  });
});

describe('quick fixes', () => {
  const fixed = (text: string, code: string): string => {
    const document = open(text);
    const found = diagnose(document).filter((one) => one.code === code);
    const [action] = quickFixes(document, found);
    return edited(document, action!.edit.changes[URI]!);
  };

  test.each([
    ['replay.sync-mismatch', `SYNC sha384/${Z96}\na b c\nSYNC sha384/${Z96}\n`],
    ['text.bad-digest', `SYNC sha384/${Z96}\na b c\nSYNC sha384/12\n`],
    ['text.unknown-algorithm', `SYNC sha384/${Z96}\na b c\nSYNC md5/12\n`],
    ['text.algorithm-changed', `SYNC sha384/${Z96}\na b c\nSYNC sha256/${Z96.slice(32)}\n`],
    ['text.missing-sync', `SYNC sha384/${Z96}\n# .EXTEND ${Z96}\nan event after it\n`],
    ['text.untrimmed', `SYNC sha384/${Z96}\n a b c \n`],
    ['text.short-init', `INIT sha384/${'0'.repeat(64)}\na b c\n# x\n`],
  ])('%s is gone after its fix', (code, text) => {
    expect(codes(text)).toContain(code);
    expect(codes(fixed(text, code))).toEqual(codes(text).filter((one) => one !== code));
  });

  test('a log is converted to the dialects that can hold it, with the same value', () => {
    const document = open(`INIT sha384/${Z96}\na b c\nd e f\n`);
    const actions = conversions(document);
    expect(actions.map(({ title }) => title)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Convert to dialect (rfc|aael)/)]),
    );
    for (const { edit } of actions) expect(open(edited(document, edit.changes[URI]!)).recordCount).toBe(3);
    expect(conversions(open(''))).toEqual([]);
  });

  test.each([
    ['Insert the missing event', 2, ''],
    ['Remove the event', 2, 'example.org/app load image-2 of many\nnever measured at all\n'],
  ])('%s, found by a search', async (title, number, replacement) => {
    const right = open(sampleLog(5));
    const { line } = right.record(number)!;
    const wrong = open(right.text);
    wrong.update([{ range: { start: at(line), end: at(line + 1) }, text: replacement }], 2);
    const tools = { others: [right], pause: () => Promise.resolve() };
    const actions = await explainedFixes(wrong, wrong.recordCount, right.value!, tools);
    const action = actions.find((one) => one.title.startsWith(title))!;
    const after = open(edited(wrong, action.edit.changes[URI]!));
    expect(toHex(after.value!)).toBe(toHex(right.value!));
  });
});
