/** Chaining: several logs on one machine's registers, with what no log explains named as such. */
import { concat, extendDigest, portableDigests, utf8Bytes } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import {
  appendText,
  decodeLog,
  encodeAgileLog,
  extendText,
  replay,
  replayChain,
  startText,
  type ChainLink,
  type EventLog,
  type TextStep,
} from '../src/index.ts';

const sha384 = (text: string): Uint8Array => portableDigests.digest('sha384', utf8Bytes(text));
const extended = (value: Uint8Array, ...texts: string[]): Uint8Array =>
  texts.reduce((now, text) => extendDigest(portableDigests, 'sha384', now, sha384(text)), value);
const ZERO = new Uint8Array(48);
const EV_ACTION = 5;

function firmware(...events: [ccMr: number, text: string][]): ChainLink {
  const records = events.map(([register, text]) => ({
    ...{ register, type: EV_ACTION, data: utf8Bytes(text) },
    digests: { sha384: sha384(text) },
  }));
  return { name: 'ccel.bin', log: decodeLog(encodeAgileLog(['sha384'], records, { headerRegister: 1 })) };
}

/** A text log that begins at this value of its register. */
function text(register: string, start: Uint8Array, ...events: (string | Uint8Array)[]): ChainLink {
  const steps: TextStep[] = [];
  let writer = startText('rfc', 'sha384', start);
  for (const event of events) {
    const step =
      typeof event === 'string'
        ? appendText(writer, event, portableDigests)
        : extendText(writer, event, portableDigests);
    ({ writer } = step);
    steps.push(step);
  }
  return {
    name: `${register}.log`,
    register,
    log: decodeLog(concat(...steps.map((step) => step.added)), { dialect: 'rfc' }),
  };
}

const valueOf = (log: EventLog): Uint8Array => replay(log).registers[0]?.value ?? ZERO;

describe('replayChain', () => {
  const boot = firmware([1, 'a'], [3, 'grub'], [3, 'kernel']);
  const rtmr2 = extended(ZERO, 'grub', 'kernel');

  it('gives each log its part of a register, in order', () => {
    const runtime = text('rtmr2', rtmr2, 'example.com/agent start', 'example.com/agent stop');
    const final = valueOf(runtime.log);
    const { registers, notInLogs } = replayChain([boot, runtime], {
      expected: [
        { name: 'rtmr2', value: final },
        { name: 'rtmr1', value: ZERO },
      ],
    });
    expect(notInLogs).toEqual([]);
    expect(registers.map(({ name, status }) => [name, status])).toEqual([
      ['rtmr0', 'replayed'],
      ['rtmr2', 'match'],
    ]);
    expect(registers[1]?.parts).toEqual([
      { kind: 'logged', link: 'ccel.bin', events: 2, from: ZERO, to: rtmr2 },
      { kind: 'logged', link: 'rtmr2.log', events: 3, from: rtmr2, to: final },
    ]);
  });

  it('names what moved a register between two logs, with both values, and still matches at the end', () => {
    const moved = extended(rtmr2, 'nobody wrote this down');
    const runtime = text('rtmr2', moved, 'example.com/agent start');
    const { registers } = replayChain([boot, runtime], {
      expected: [{ name: 'RTMR2', value: valueOf(runtime.log) }],
    });
    const one = registers.find(({ name }) => name === 'rtmr2');
    expect(one?.status).toBe('match');
    expect(one?.parts[1]).toEqual({ kind: 'unlogged', from: rtmr2, to: moved });
  });

  it('names what moved a register after the last log', () => {
    const later = extended(rtmr2, 'later');
    const { registers } = replayChain([boot], { expected: [{ name: 'rtmr2', value: later }] });
    expect(registers[1]).toMatchObject({ status: 'notExplained', value: rtmr2 });
    expect(registers[1]?.parts.at(-1)).toEqual({ kind: 'unlogged', from: rtmr2, to: later });
  });

  it('lists registers that no log is about, if they moved', () => {
    const expected = [
      { name: 'rtmr3', value: sha384('x') },
      { name: 'rtmr1', value: ZERO },
    ];
    expect(replayChain([boot], { expected }).notInLogs).toEqual(['rtmr3']);
  });

  it('a log without a start of its own goes on where the register is', () => {
    const tagged = firmware([3, 'application']);
    const { registers } = replayChain([boot, { ...tagged, name: 'aa.bin' }]);
    const one = registers.find(({ name }) => name === 'rtmr2');
    expect(one?.value).toEqual(extended(ZERO, 'grub', 'kernel', 'application'));
    expect(one?.parts.map((part) => (part.kind === 'logged' ? part.link : ''))).toEqual([
      'ccel.bin',
      'aa.bin',
    ]);
  });

  it('a direct extend is part of the text log that records it', () => {
    const runtime = text('rtmr3', ZERO, 'a', sha384('direct'), 'b');
    const { registers } = replayChain([runtime], {
      expected: [{ name: 'rtmr3', value: valueOf(runtime.log) }],
    });
    expect(registers).toMatchObject([
      { name: 'rtmr3', status: 'match', parts: [{ kind: 'logged', events: 5 }] },
    ]);
  });
});
