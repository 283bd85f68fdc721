/** Every issue of the package is raised by a fixture, at a place inside the input. */
import { concat, formatIssue, portableDigests, utf8Bytes, type Issue } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import {
  decodeLog,
  encodeAgileLog,
  encodeSha1Log,
  LOG_ISSUES,
  replay,
  type DecodeLogOptions,
} from '../src/index.ts';
import { FORMAT_FIXTURES } from './support/issues-formats.ts';
import { EV, event, OWN, specIdRecord, words } from './support/logs.ts';

const SYNC = `SYNC sha384/${'0'.repeat(96)}\n`;
const INIT = `INIT sha384/${'0'.repeat(96)}\n`;
const HEADER = specIdRecord([{ id: 4, size: 20 }]);
const sha1 = concat(Uint8Array.of(4, 0), new Uint8Array(20).fill(1));

type Code = (typeof LOG_ISSUES.codes)[number];

/** Issues on the log as a whole: they have no path of their own. */
const WHOLE: readonly Code[] = [
  'log.empty',
  'log.unknown-format',
  'log.ambiguous',
  'replay.no-backend',
  'replay.start-unknown',
];

/** An input that raises each, and the bytes that the issue is about: offset and length. */
const FIXTURES: Record<Code, readonly [Uint8Array | string, number, number, DecodeLogOptions?]> = {
  'log.empty': ['', 0, 0],
  'log.unknown-format': ['prose.', 0, 6],
  'log.ambiguous': [`${INIT}a.b c d\n`, 0, INIT.length + 8],
  'log.more-issues': [SYNC + ' a\n'.repeat(51), SYNC.length + 150, 2],
  'log.register-range': [
    encodeSha1Log([event(0, 5, 'x', []), event(99, 5, 'x', [])]),
    33,
    4,
    { format: 'tcg1' },
  ],
  'tcg.truncated': [OWN.tcg1.subarray(0, 36), 32, 4, { format: 'tcg1' }],
  'tcg.spec-id': [HEADER.subarray(0, 60), 32, 28],
  'tcg.unknown-algorithm': [concat(HEADER, words(1, 5, 1), Uint8Array.of(9, 9)), HEADER.length + 12, 2],
  'tcg.unsupported-algorithm': [specIdRecord([{ id: 0x4242, size: 8 }]), 60, 4],
  'tcg.duplicate-digest': [concat(HEADER, words(1, 5, 2), sha1, sha1, words(0)), HEADER.length + 12 + 22, 2],
  'tcg.no-action-digest': [
    encodeAgileLog(['sha1'], [{ ...event(0, EV.noAction, 'x', []), digests: { sha1: sha1.subarray(2) } }]),
    HEADER.length + 14,
    20,
  ],
  'text.bad-digest': [`${SYNC}# .EXTEND 00\n`, SYNC.length, 12],
  'text.unknown-algorithm': ['SYNC md5/00\n', 0, 11],
  'text.algorithm-changed': [`${SYNC}SYNC sha1/00\n`, SYNC.length, 12],
  'text.short-init': ['INIT sha384/0000\nx\n', 0, 16],
  'text.dialect-mix': [`${SYNC}INIT x\n`, SYNC.length, 6],
  'text.init-again': [`${INIT}x\n${INIT}`, INIT.length + 2, INIT.length - 1],
  'text.missing-sync': [`${SYNC}# .EXTEND ${'0'.repeat(96)}\nA\n`, SYNC.length + 107, 1],
  'text.untrimmed': [`${SYNC} A\n`, SYNC.length, 2],
  'text.not-an-event-line': [`${INIT}x\n`, INIT.length, 1, { dialect: 'aael' }],
  ...FORMAT_FIXTURES,
  'replay.no-backend': [encodeAgileLog(['sm3'], []), 0, 0],
  'replay.sync-mismatch': [`${SYNC}A\n${SYNC}`, SYNC.length + 2, SYNC.length - 1],
  'replay.unlogged-extend': [`# .EXTEND ${'0'.repeat(96)}\n`, 0, 106],
  'replay.start-unknown': ['# x\nexample.org a b\nSYNC', 0, 0, { dialect: 'rfc' }],
};

/** All issues of an input, from its decode and its replay. */
function issuesOf(input: Uint8Array | string, options?: DecodeLogOptions): readonly Issue[] {
  const log = decodeLog(typeof input === 'string' ? utf8Bytes(input) : input, options);
  return [...log.issues, ...replay(log, { digests: portableDigests }).issues];
}

describe('each issue', () => {
  it('has a fixture', () => {
    expect(Object.keys(FIXTURES).sort()).toEqual([...LOG_ISSUES.codes].sort());
  });

  it.each(LOG_ISSUES.codes)('%s is raised, at its place', (code) => {
    const [input, offset, length, options] = FIXTURES[code];
    const found = issuesOf(input, options);
    const [issue] = found.filter((one) => one.code === code);
    expect(issue, found.map(formatIssue).join('; ')).toMatchObject({ offset, length });
    expect(issue?.path === '').toBe(WHOLE.includes(code));
  });

  it.each(LOG_ISSUES.codes)('of the fixture of %s is inside the input and says something', (code) => {
    const [input, , , options] = FIXTURES[code];
    for (const issue of issuesOf(input, options)) {
      expect(issue.offset).toBeGreaterThanOrEqual(0);
      expect(issue.offset + issue.length).toBeLessThanOrEqual(input.length);
      expect(issue.message).not.toMatch(/undefined|NaN|\[object/);
      expect(formatIssue(issue)).toContain(issue.message);
    }
  });

  it('is listed fifty times at most', () => {
    const found = issuesOf(SYNC + ' a\n'.repeat(500));
    expect(found.filter(({ code }) => code === 'text.untrimmed')).toHaveLength(50);
    expect(found.filter(({ code }) => code === 'log.more-issues')).toHaveLength(1);
    const mismatches = issuesOf(SYNC.repeat(500)).map(({ code }) => code);
    expect(mismatches).toHaveLength(51);
    expect(mismatches.at(-1)).toBe('log.more-issues');
  });

  it('keeps a hostile name short', () => {
    const [issue] = issuesOf(`SYNC ${'x'.repeat(100_000)}/00\n`);
    expect(issue?.message.length).toBeLessThan(200);
  });
});
