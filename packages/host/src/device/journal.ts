/** The devices of a machine on disk: one line for the fleet, one for each thing that was done to a device. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex, TsmError } from '@tsm/core';
import { PLATFORM_NAMES, type PlatformName } from '@tsm/pci-tdisp';
import { withLockSync } from '../state/lock.ts';
import {
  DEVICE_VERBS,
  MachineDevices,
  type DeviceVerb,
  type MadeFleet,
  type Watching,
} from './machine-devices.ts';

const FILE = 'devices.ndjson';
const LOCK = 'devices.lock';

interface Done {
  readonly op: DeviceVerb;
  readonly device: string;
}

type Json = Readonly<Record<string, unknown>>;

function madeOf(json: Json): MadeFleet {
  const { op, version, platform, seed, now } = json;
  const bytes = typeof seed === 'string' ? fromHex(seed) : undefined;
  const date = new Date(String(now));
  if (op !== 'devices' || version !== 1) throw new TypeError('expected the entry "devices" of version 1');
  if (!(PLATFORM_NAMES as readonly unknown[]).includes(platform) || !bytes || Number.isNaN(date.getTime()))
    throw new TypeError('expected a platform, a seed in hex and a date');
  return { platform: platform as PlatformName, seed: bytes, now: date };
}

function doneOf({ op, device }: Json): Done {
  const verb = DEVICE_VERBS.find((one) => one === op);
  if (!verb || typeof device !== 'string')
    throw new TypeError(`expected one of ${DEVICE_VERBS.join(', ')}, and a device`);
  return { op: verb, device };
}

/** A last line that was cut while it was written never took effect. */
function linesOf(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}

function corrupt(path: string, line: number, why: string): TsmError {
  return new TsmError(
    'journal.corrupt',
    `${path} line ${String(line)}: ${why} — remove the line and those after it, or the file, to go on`,
  );
}

function open(path: string, make: () => MadeFleet, watching: Watching): MachineDevices {
  const lines = existsSync(path) ? linesOf(readFileSync(path, 'utf8')) : [];
  if (lines.length === 0) {
    const made = make();
    const line = { op: 'devices', version: 1, ...made, seed: toHex(made.seed) };
    appendFileSync(path, `${JSON.stringify(line)}\n`, { flag: 'w' });
    return new MachineDevices(made, watching);
  }
  let devices: MachineDevices | undefined;
  for (const [i, text] of lines.entries()) {
    try {
      const json = JSON.parse(text) as Json;
      if (!devices) devices = new MachineDevices(madeOf(json), watching);
      else {
        const { op, device } = doneOf(json);
        devices.apply(op, device);
      }
    } catch (error) {
      throw corrupt(path, i + 1, error instanceof Error ? error.message : String(error));
    }
  }
  return devices ?? new MachineDevices(make(), watching);
}

/**
 * Opens the devices of the machine in a folder, and keeps other processes out until `step` is over. What `step` does to
 * them is on the disk when it returns. `make` says what the fleet is where there is none yet. `journal.corrupt`.
 */
export function withDevices<T>(
  folder: string,
  make: () => MadeFleet,
  step: (devices: MachineDevices, act: (verb: DeviceVerb, device: string) => void) => T,
  watching: Watching = {},
): T {
  const path = join(folder, FILE);
  return withLockSync(join(folder, LOCK), () => {
    const devices = open(path, make, watching);
    return step(devices, (verb, device) => {
      devices.apply(verb, device);
      appendFileSync(path, `${JSON.stringify({ op: verb, device })}\n`, { flush: true });
    });
  });
}
