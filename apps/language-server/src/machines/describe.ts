/** A machine and its registers in the words of the views. */
import { registerAddress, toHex, type RegisterSpec } from '@tsm/core';
import { decodeLog } from '@tsm/eventlog';
import { PLATFORM_OF_PROVIDER, type PlatformName } from '@tsm/pci-tdisp';
import type { MachineRegister, MachineView } from '../protocol/machines.ts';
import type { Opened } from './store.ts';

interface Tail {
  readonly events: number;
  readonly lastEvent?: string;
}

/** What was appended to a register, by its text log. */
function tailOf(log: Uint8Array): Tail {
  if (log.length === 0) return { events: 0 };
  // SYNC lines extend the register too, but nobody appended them.
  const appended = [...decodeLog(log)].filter(({ typeName }) => typeName === 'event');
  const last = appended.at(-1);
  return {
    events: appended.length,
    ...(last ? { lastEvent: last.content().title } : {}),
  };
}

async function describe({ machine }: Opened, register: RegisterSpec): Promise<MachineRegister> {
  const { title, role, kind, algorithm, size, readable, extensible, hasLog } = register;
  const name = registerAddress(machine.registers, register);
  const value = readable ? await machine.read(name) : undefined;
  return {
    ...{ name, title, role, kind, algorithm, size, extensible, hasLog },
    ...tailOf(hasLog ? await machine.eventLog(name) : new Uint8Array(0)),
    ...(value ? { value: toHex(value) } : {}),
  };
}

/** What its devices are connected over; undefined where devices are not simulated. */
export const platformOf = ({ source, machine }: Opened): PlatformName | undefined =>
  source === 'simulated' ? PLATFORM_OF_PROVIDER[machine.provider] : undefined;

export async function viewOf(opened: Opened): Promise<MachineView> {
  const { id, provider, registers } = opened.machine;
  return {
    ...{ id, provider, source: opened.source, hasDevices: platformOf(opened) !== undefined },
    registers: await Promise.all(registers.map((register) => describe(opened, register))),
  };
}
