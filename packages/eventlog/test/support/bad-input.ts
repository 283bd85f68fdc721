/** Bad input: ways to damage a log, and what must hold whatever the damage. */
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { concat, type Issue } from '@tsm/core';
import type { Random } from '@tsm/core/testing';
import { decodeLog, replay, type DecodeLogOptions, type EventLog } from '../../src/index.ts';
import { exercise, nodeDigests } from './logs.ts';

/** Longest that one case may take, in milliseconds: the guard against hangs, not a benchmark. */
export const HANG_MS = 2000;

/** Starts a clock of this process's own time: what else the machine does is not counted. */
export function stopwatch(): () => number {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
}

function misplaced({ offset, length }: Issue, size: number): boolean {
  return !(offset >= 0 && length >= 0 && offset + length <= size);
}

/** What is wrong with the order and the places of what was read. */
function inconsistencies(log: EventLog, issues: readonly Issue[]): string[] {
  const { bytes, tail, count } = log;
  const found = issues
    .filter((issue) => misplaced(issue, bytes.length))
    .map(({ code, path }) => `${code} at ${path} is out of range`);
  if (tail.offset + tail.length !== bytes.length) found.push('the tail does not end with the bytes');
  const last = count > 0 ? log.event(count - 1) : undefined;
  if (last && last.offset + last.length > tail.offset) found.push('the last event ends in the tail');
  return found;
}

/** Reads these bytes in every way; the answer lists what must not happen. `last`: look into only so many events. */
export function problems(bytes: Uint8Array, last = Infinity, options?: DecodeLogOptions): string[] {
  const elapsed = stopwatch();
  try {
    const log = decodeLog(bytes, options);
    const found = inconsistencies(log, exercise(log, nodeDigests, Math.max(0, log.count - last)));
    return elapsed() <= HANG_MS ? found : [...found, `took ${elapsed().toFixed(0)} ms`];
  } catch (error) {
    return [`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

/** Offsets of the 32-bit fields that say a length or a count. */
export function lengthFields(bytes: Uint8Array): number[] {
  const log = decodeLog(bytes);
  if (log.format === 'tsm-text') return [];
  const inHeader = log.format === 'tcg1' ? [] : [56];
  return [...inHeader, ...[...log].flatMap(({ offset, dataOffset }) => [offset + 8, dataOffset - 4])];
}

const EXTREMES = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function changed(bytes: Uint8Array, random: Random, times: number): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < times; i++) copy[random(copy.length)] = random(256);
  return copy;
}

/** One random damage of a log. */
export function mutate(bytes: Uint8Array, fields: readonly number[], random: Random): Uint8Array {
  const from = random(bytes.length);
  const to = from + random(Math.min(256, bytes.length - from));
  const field = fields[random(fields.length)];
  const kinds: readonly (() => Uint8Array)[] = [
    () => changed(bytes, random, 1),
    () => changed(bytes, random, 3),
    () => concat(bytes.subarray(0, from), bytes.subarray(to)),
    () => concat(bytes.subarray(0, to), bytes.subarray(from)),
    () => bytes.subarray(0, from),
    () => {
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      const at = field ?? random(Math.max(1, bytes.length - 3));
      if (at + 4 > copy.length) return copy;
      view.setUint32(at, random(2) === 0 ? (EXTREMES[random(EXTREMES.length)] ?? 0) : random(4096), true);
      return copy;
    },
  ];
  return kinds[random(kinds.length)]!();
}

let collect: (() => void) | undefined;

/** Bytes on the heap and outside of it, after everything unreachable is gone. */
function used(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** By how many bytes memory grows while all this is held: log, replay, and the content of the largest event. */
export function growth(inputs: readonly Uint8Array[], options?: DecodeLogOptions): number {
  const before = used();
  const held = inputs.map((bytes) => {
    const log = decodeLog(bytes, options);
    const replayed = replay(log, { digests: nodeDigests });
    let largest = log.count > 0 ? log.event(0) : undefined;
    for (const one of log) if (one.length > (largest?.length ?? 0)) largest = one;
    return { log, replayed, largest, content: largest?.content() };
  });
  const grown = used() - before;
  // Used after the measurement, so that nothing of it is collected before.
  return held.length === inputs.length ? grown : Infinity;
}

/** The most that memory may grow for these inputs. */
export const growthLimit = (inputs: readonly Uint8Array[]): number =>
  16 * inputs.reduce((sum, { length }) => sum + length, 0) + 2 ** 20;
