/** Decoded binary logs as text: line n is event n, and what an editor shows beside it comes from the log. */
import { toHex, utf8Bytes } from '@tsm/core';
import { decodeLog, encodeAgileLog, logText, replay } from '@tsm/eventlog';
import { expect, test } from 'vitest';
import { decodedUri, sourceOfDecoded } from '../src/protocol/commands.ts';
import { DecodedLog } from '../src/service/decoded/log.ts';
import { digests } from './support/logs.ts';

const EV_ACTION = 5;

/** A CCEL; the digest of the last event is that of other data. */
const BYTES = encodeAgileLog(
  ['sha384'],
  ['one', 'two', 'three'].map((name, i) => ({
    ...{ register: 1 + (i % 2), type: EV_ACTION, data: utf8Bytes(name) },
    digests: { sha384: digests.digest('sha384', utf8Bytes(name === 'three' ? 'other' : name)) },
  })),
  { headerRegister: 1 },
);
const log = decodeLog(BYTES);
const shown = new DecodedLog(log, digests);
const all = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };

test('each event is the line of its number', () => {
  const lines = logText(log, { digests }).split('\n');
  for (const event of log) expect(lines[event.number]).toContain(event.content().title);
});

test('an event whose digest is not that of its data is marked', () => {
  expect(shown.diagnostics().map(({ code, range }) => [code, range.start.line])).toEqual([['log.digest', 3]]);
});

test('issues of the log are at their event', () => {
  const cut = new DecodedLog(decodeLog(BYTES.subarray(0, BYTES.length - 2)), digests);
  expect(cut.diagnostics().map(({ code }) => code)).toContain('tcg.truncated');
});

test('hints and hovers have the value after the event', () => {
  const hints = shown.inlayHints(all, () => 7);
  expect(hints.map(({ position }) => position)).toEqual([1, 2, 3].map((line) => ({ line, character: 7 })));
  const rtmr0 = replay(log, { digests }).registers.find(({ name }) => name === 'rtmr0')!;
  expect(hints[2]?.tooltip).toBe(`sha384 ${toHex(rtmr0.value)}`);
  const hover = shown.hover(3)!.contents.value;
  expect(hover).toContain(toHex(rtmr0.value));
  expect(hover).toMatch(/RTMR0.*EV_ACTION.*contradicts/s);
  expect(shown.hover(log.count)).toBeUndefined();
});

test('the outline has the registers', () => {
  const names = shown.symbols().map(({ name, children = [] }) => [name, children.length]);
  expect(names).toEqual([
    ['extends nothing', 1],
    ['RTMR0', 2],
    ['RTMR1', 1],
  ]);
});

test('the URI of a decoded file leads back to the file', () => {
  const uri = 'file:///w/a%20b/ccel.bin?x#y';
  expect(sourceOfDecoded(decodedUri(uri))).toBe(uri);
  for (const other of ['file:///x', 'tsm-decoded:/x', 'tsm-decoded:/x?%'])
    expect(sourceOfDecoded(other)).toBeUndefined();
});
