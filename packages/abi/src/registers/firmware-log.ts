/** The firmware's log, split: for each register a log of its own events, under the same header. */
import { concatAll, TsmError } from '@tsm/core';
import { decodeLog } from '@tsm/eventlog';

/** TCG PC Client PFP 1.05, §10.4.5.1: the first event describes the log and extends nothing. */
const HEADER = 0;

/**
 * By CC measurement register number. Padding of the area is left out. A log that cannot be read to its end, or that is no
 * CCEL, is a TsmError `EINVAL`.
 */
export function splitFirmwareLog(ccel: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const log = decodeLog(ccel);
  const fault = log.issues.find(({ severity }) => severity === 'error');
  if (fault) throw new TsmError('EINVAL', `firmware log: ${fault.message}`, fault);
  if (log.format !== 'ccel') throw new TsmError('EINVAL', `firmware log: expected a CCEL, got ${log.format}`);
  const parts = new Map<number, Uint8Array[]>();
  const bytesOf = (number: number): Uint8Array => {
    const { offset, length } = log.event(number);
    return ccel.subarray(offset, offset + length);
  };
  for (const event of log) {
    if (event.number === HEADER) continue;
    const own = parts.get(event.register) ?? [bytesOf(HEADER)];
    own.push(bytesOf(event.number));
    parts.set(event.register, own);
  }
  return new Map([...parts].map(([register, own]) => [register, concatAll(own)]));
}
