/** Every real log to every format: the same registers, or a reason that is no fault of the conversion. */
import { unwrap, utf8Text } from '@tsm/core';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { convert, decodeLog, isLog, type EventLog } from '../src/index.ts';
import { decodeAs, NAMES, targetOf, valuesOf, wanted } from './support/convert.ts';
import { nodeDigests } from './support/logs.ts';

const options = { digests: nodeDigests };
const FORMATS = [
  ...['ccel', 'tcg1', 'tcg2', 'tcg1-json', 'tsm-text', 'cel-tlv-b64', 'ima-ascii', 'dstack-json'],
];
const logs = vectors('eventlog', FORMATS);
const logOf = (file: string): EventLog =>
  decodeLog(unwrap(readVector(file), (bytes) => isLog(bytes) || undefined)!.bytes);

/** Reasons that a whole and well-formed log may have. */
const REASONS = [
  ...[
    'register-needed',
    'register-unnamed',
    'numbering',
    'register-range',
    'bank',
    'event-kind',
    'start-value',
    'algorithm-unsaid',
  ],
];

describeVectors('real logs convert to every format, or say why not', 27, logs, ({ file }) => {
  const log = logOf(file);
  let converted = 0;
  for (const to of NAMES) {
    const { bytes, refused } = convert(log, targetOf(to), options);
    if (refused) expect(REASONS.map((one) => `convert.${one}`)).toContain(refused.code);
    else
      expect(valuesOf(decodeAs(to, bytes))).toEqual(
        wanted(log, log.numbering === 'single' ? { format: 'tsm-text' } : targetOf(to)),
      );
    if (!refused) converted++;
  }
  expect(converted).toBeGreaterThanOrEqual(log.format === 'tsm-text' ? 1 : 5);
});

const firmware = vectors('eventlog', ['ccel', 'tcg1', 'tcg2', 'cel-tlv-b64', 'dstack-json', 'ima-ascii']);

describeVectors('real logs come back from a CEL as they were', 25, firmware, ({ file }) => {
  const log = logOf(file);
  for (const to of ['cel-tlv', 'cel-json', 'cel-cbor']) {
    const there = convert(log, targetOf(to), options);
    expect(there.losses.filter(({ kind }) => kind !== 'padding')).toEqual([]);
    const { bytes } = convert(there.log!, { format: log.format }, options);
    const { offset } = log.tail;
    // Tools cut the blank before an empty field at the end of a line; the kernel writes it.
    if (log.format === 'ima-ascii')
      expect(utf8Text(bytes!).replace(/ $/gm, '')).toBe(utf8Text(log.bytes).replace(/ $/gm, ''));
    else expect(Buffer.compare(bytes!, log.bytes.subarray(0, offset))).toBe(0);
  }
});

const CC = vectors('eventlog', ['ccel']);

describeVectors('real CCELs give a text log of each register', 9, CC, ({ file }) => {
  const log = logOf(file);
  for (const [key, value] of Object.entries(valuesOf(log))) {
    const [register = '', algorithm = ''] = key.split('/');
    const { bytes, refused } = convert(log, { format: 'tsm-text', register }, options);
    // SM3 logs have no line that says so.
    expect(refused?.code).toBe(algorithm === 'sha384' ? undefined : 'convert.algorithm-unsaid');
    if (bytes) expect(valuesOf(decodeAs('tsm-text:rfc', bytes))).toEqual({ 'single/sha384': value });
  }
});
