/** A firmware boot on a simulated machine: each event extends its register and stands in the CCEL. */
import { numberingOfCcMr, TsmError, type AlgorithmName, type Digests } from '@tsm/core';
import { encodeAgileLog, type TcgEvent } from '@tsm/eventlog';
import type { LoggedRegisters } from './registers.ts';

/** One thing the firmware measures. */
export interface BootEvent {
  /** CC measurement register: 1…4. */
  readonly ccMr: number;
  readonly type: number;
  /** What the log keeps. */
  readonly data: Uint8Array;
  /** The bytes that are hashed. Default: the data. */
  readonly measured?: Uint8Array;
}

/** Size of the ACPI log area in bytes, as OVMF reserves it. */
const CCEL_AREA = 65_536;

/** What was measured, for a crypto-agile log of one bank with its header at index 1. */
export interface Measured {
  readonly algorithm: AlgorithmName;
  readonly events: readonly TcgEvent[];
}

/** Measures the events into the registers. */
export function measureBoot(
  registers: LoggedRegisters,
  events: readonly BootEvent[],
  digests: Digests,
): Measured {
  const algorithm = bankOf(registers, events);
  const measured = events.map(({ ccMr, type, data, measured = data }): TcgEvent => {
    const digest = digests.digest(algorithm, measured);
    registers.measure(nameOf(registers, ccMr), digest);
    return { register: ccMr, type, data, digests: { [algorithm]: digest } };
  });
  return { algorithm, events: measured };
}

/** The CCEL, padded with 0xFF, as OVMF writes it. */
export const firmwareLogOf = ({ algorithm, events }: Measured): Uint8Array =>
  encodeAgileLog([algorithm], events, { headerRegister: 1, area: CCEL_AREA });

/** Measures the events into the registers and returns the CCEL. */
export const bootFirmware = (
  registers: LoggedRegisters,
  events: readonly BootEvent[],
  digests: Digests,
): Uint8Array => firmwareLogOf(measureBoot(registers, events, digests));

/** The provider's register with this CC measurement register number. */
function nameOf(registers: LoggedRegisters, ccMr: number): string {
  const spec = registers.specs.find((one) => one.numbers.ccMr === ccMr);
  if (spec) return spec.name;
  throw new TsmError('EINVAL', `no register for CC MR ${ccMr} (${numberingOfCcMr(ccMr)?.name ?? 'unknown'})`);
}

function bankOf(registers: LoggedRegisters, events: readonly BootEvent[]): AlgorithmName {
  const name = nameOf(registers, events[0]?.ccMr ?? 1);
  return registers.specs.find((one) => one.name === name)?.algorithm ?? 'sha384';
}
