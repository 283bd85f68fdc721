/** Group D: the TDX provider. */
import { equalBytes } from '@tsm/core';
import {
  QUOTE_STATUS,
  TDCALL_STATUS,
  TdcallError,
  type QuoteBuffer,
  type TdxHardware,
} from '../../drivers/tdx-hardware.ts';
import { TDX_CMD_GET_REPORT0 } from '../../drivers/tdx.ts';
import type { Errno } from '../../errno.ts';
import { everywhere, group } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import type { Case, Given, Inside, Stage } from '../model.ts';
import { insideOf, Item, withFile } from '../report-item.ts';

const add = group('D', everywhere);
const INBLOB = filled(64, 0x5a);
const SECOND = 1000;
/** The GetQuote status is looked at in both. */
const BOTH = { profiles: ['7.0', '2026-03'], holds: everywhere } as const;

/** A guest whose VMM answers GetQuote with this buffer, at a report that is ready to be read. */
async function withQuote(
  { start }: Stage,
  getQuote: TdxHardware['getQuote'],
  options: Pick<Given, 'strictTimeout'> = {},
): Promise<{ item: Item; inside: Inside }> {
  const wrap = { tdx: (hardware: TdxHardware): TdxHardware => ({ ...hardware, getQuote }) };
  const subject = await start({ provider: 'tdx', wrap, ...options });
  const item = await Item.make(subject);
  await item.put('inblob', INBLOB);
  return { item, inside: insideOf(subject) };
}

/** A buffer whose status the case sets. */
class Buffer implements QuoteBuffer {
  status: bigint = QUOTE_STATUS.inFlight;
  quote: Uint8Array = filled(16, 1);
}

async function quoteSizes({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  const item = await Item.make(subject);
  for (const size of [63, 32]) {
    await item.put('inblob', filled(size, 1));
    await refused('EINVAL', `outblob over ${String(size)} bytes`, () => item.read('outblob'));
  }
  await item.put('inblob', INBLOB);
  const quote = await item.read('outblob');
  // REPORTDATA of a version 4 quote: header 48, then TDINFO's body with report data at 520.
  same('report data', quote.slice(48 + 520, 48 + 584), INBLOB);
}

async function badStatus(stage: Stage): Promise<void> {
  const buffer = new Buffer();
  buffer.status = QUOTE_STATUS.serviceUnavailable;
  const { item } = await withQuote(stage, () => buffer);
  if (stage.profile.tdx.badStatus === 'EIO') return refused('EIO', 'outblob', () => item.read('outblob'));
  same('size of outblob', (await item.read('outblob')).length, 0);
}

async function never(stage: Stage): Promise<void> {
  const { item, inside } = await withQuote(stage, () => new Buffer());
  if (stage.profile.tdx.badStatus === 'EIO') await refused('EIO', 'outblob', () => item.read('outblob'));
  else same('size of outblob', (await item.read('outblob')).length, 0);
  same('milliseconds waited', inside.clock.now(), 30 * SECOND);
  const strict = await withQuote(stage, () => new Buffer(), { strictTimeout: true });
  await refused('ETIMEDOUT', 'outblob as meant', () => strict.item.read('outblob'));
}

async function stillInFlight(stage: Stage): Promise<void> {
  const buffer = new Buffer();
  const { item, inside } = await withQuote(stage, () => buffer, { strictTimeout: true });
  await refused('ETIMEDOUT', 'outblob', () => item.read('outblob'));
  const before = inside.clock.now();
  await refused('EBUSY', 'outblob again', () => item.read('outblob'));
  await item.put('inblob', filled(10, 1));
  await refused('EBUSY', 'outblob over 10 bytes', () => item.read('outblob'));
  same('milliseconds waited', inside.clock.now() - before, 0);
  buffer.status = QUOTE_STATUS.success;
  await refused('EINVAL', 'outblob over 10 bytes, when it is free', () => item.read('outblob'));
}

async function signal(stage: Stage): Promise<void> {
  const buffer = new Buffer();
  const { item, inside } = await withQuote(stage, () => buffer);
  inside.clock.signalAt = inside.clock.now() + 2500;
  await refused('EINTR', 'outblob', () => item.read('outblob'));
  await item.generationIs(1);
  buffer.status = QUOTE_STATUS.success;
  same('outblob afterwards', await item.read('outblob'), buffer.quote);
}

async function reportErrors({ start, profile }: Stage): Promise<void> {
  const { preciseErrors } = profile.tdx;
  const rows: [number, Errno][] = [
    [TDCALL_STATUS.operandBusy, preciseErrors ? 'EBUSY' : 'EIO'],
    [TDCALL_STATUS.operandInvalid, preciseErrors ? 'ENXIO' : 'EIO'],
    [0xc000_0201, 'EIO'],
  ];
  for (const [status, code] of rows) {
    let failing = false;
    const wrap = {
      tdx: (hardware: TdxHardware): TdxHardware => ({
        ...hardware,
        tdReport(reportData) {
          if (failing) throw new TdcallError(status);
          return hardware.tdReport(reportData);
        },
      }),
    };
    const item = await Item.make(await start({ provider: 'tdx', wrap }));
    await item.put('inblob', INBLOB);
    failing = true;
    await refused(code, `status 0x${status.toString(16)}`, () => item.read('outblob'));
  }
}

async function ioctl({ start }: Stage): Promise<void> {
  const { files } = await start({ provider: 'tdx' });
  const argument = filled(1088, 0);
  argument.set(INBLOB);
  await withFile(files, '/dev/tdx_guest', 'both', async (file) => {
    const done = await file.ioctl(TDX_CMD_GET_REPORT0, argument);
    same('size', done.length, 1088);
    same('report data of the TDREPORT', done.slice(64 + 128, 64 + 192), INBLOB);
    holds('the TDREPORT has a MAC', !equalBytes(done.slice(64 + 224, 64 + 256), filled(32, 0)));
    await refused('ENOTTY', 'command 2', () => file.ioctl(0xc4405402, argument));
  });
  same('command', TDX_CMD_GET_REPORT0, 0xc4405401);
}

export const TDX_CASES: readonly Case[] = [
  add(73, 'M', 'a quote needs 64 bytes, and has them as its report data', quoteSizes),
  add(74, 'M', 'GetQuote that is refused is EIO', async (stage) => {
    const { item } = await withQuote(stage, () => undefined);
    await refused('EIO', 'outblob', () => item.read('outblob'));
  }),
  add(75, 'M', 'a bad GetQuote status is an empty outblob, and EIO since March 2026', badStatus, BOTH),
  add(76, 'D', 'a quote that never comes', never, BOTH),
  add(77, 'M', 'while a quote is in flight the next is EBUSY', stillInFlight),
  add(78, 'M', 'a signal while waiting is EINTR', signal),
  add(79, 'M', 'errors of TDG.MR.REPORT', reportErrors, { profiles: ['6.16', '7.0'], holds: everywhere }),
  add(80, 'M', 'TDX_CMD_GET_REPORT0', ioctl),
];
