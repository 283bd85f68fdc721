/** Files of one simulated machine: its firmware log, its text log, its quote, and damaged copies. */
import { concat } from '@tsm/core';
import { openMachine } from '@tsm/machine';
import tdx from '@tsm/provider-tdx';
import type { Files } from './run.ts';

function flipped(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
}

/** ccel.bin, rtmr3.log, quote.dat; bad-event.bin has one bit of event 8's digest flipped; cut.bin ends inside an event. */
export async function sampleFiles(): Promise<Files> {
  const seed = new Uint8Array(32).fill(1);
  const now = new Date('2026-01-01T00:00:00Z');
  const created = {
    op: 'create',
    version: 1,
    id: 'm',
    provider: 'tdx',
    seed,
    now,
    values: {},
    boot: true,
  } as const;
  const machine = openMachine(tdx, [created]);
  await machine.append('rtmr3', 'example.com/app start v1');
  await machine.append('rtmr3', 'example.com/app stop v1');
  const ccel = (await machine.firmwareLog()) ?? new Uint8Array(0);
  const { outblob } = await machine.report({ inblob: new Uint8Array(64) });
  const end = ccel.findLastIndex((byte) => byte !== 0xff) + 1;
  const text = await machine.eventLog('rtmr3');
  return new Map([
    ['ccel.bin', ccel],
    ['unpadded.bin', ccel.subarray(0, end)],
    ['cut.bin', ccel.subarray(0, end - 3)],
    ['bad-event.bin', flipped(ccel, separatorDigest(ccel))],
    ['rtmr3.log', text],
    ['quote.dat', outblob],
    ['quote-padded.dat', concat(outblob, new Uint8Array(3065))],
    ['noise.bin', Uint8Array.from({ length: 300 }, (_, i) => (i * 89 + 7) & 0xff)],
    ['empty.bin', new Uint8Array(0)],
  ]);
}

/** Offset of the digest of the first EV_SEPARATOR: `04 00 00 00`, one digest, algorithm 0x000c. */
function separatorDigest(log: Uint8Array): number {
  const pattern = [4, 0, 0, 0, 1, 0, 0, 0, 0x0c, 0];
  const found = log.findIndex((_, i) => pattern.every((byte, k) => log[i + k] === byte));
  return found + pattern.length;
}
