/** The devices of a machine as a text says: one line for the fleet, one for each thing that was done to a device. */
import { fromHex, toHex, TsmError } from '@tsm/core';
import { PLATFORM_NAMES, type PlatformName } from '@tsm/pci-tdisp';
import {
  DEVICE_VERBS,
  MachineDevices,
  type DeviceVerb,
  type MadeFleet,
  type Watching,
} from './machine-devices.ts';

/** One thing done to a device. */
export interface DeviceStep {
  readonly op: DeviceVerb;
  readonly device: string;
}

/** Follows what is done as well as what is said. */
export interface Following extends Watching {
  /** Before a step, with the devices as they are. */
  readonly onStep?: (step: DeviceStep, devices: MachineDevices) => void;
}

export interface DeviceJournalOptions {
  /** What the text is called in messages, such as its path. */
  readonly name: string;
  /** What the fleet is where the text has none yet. */
  readonly make: () => MadeFleet;
  /** Called each time that the devices start anew. */
  readonly follow?: () => Following;
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

function stepOf({ op, device }: Json): DeviceStep {
  const verb = DEVICE_VERBS.find((one) => one === op);
  if (!verb || typeof device !== 'string')
    throw new TypeError(`expected one of ${DEVICE_VERBS.join(', ')}, and a device`);
  return { op: verb, device };
}

const lineOf = (entry: object): string => `${JSON.stringify(entry)}\n`;

const fleetLine = (made: MadeFleet): string =>
  lineOf({ op: 'devices', version: 1, ...made, seed: toHex(made.seed) });

/** A last line that was cut while it was written never took effect. */
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

export class DeviceJournal {
  private readonly options: DeviceJournalOptions;
  /** What the devices have done of the text. */
  private done = '';
  private devices: MachineDevices | undefined;
  private following: Following = {};

  constructor(options: DeviceJournalOptions) {
    this.options = options;
  }

  /**
   * The devices as the text says: does what is new in it, and starts anew where it is no continuation of what was done.
   * `journal.corrupt`.
   */
  follow(text: string): MachineDevices {
    const whole = wholeLines(text);
    if (whole === '' ? this.done !== '' : this.done === '' || !whole.startsWith(this.done)) this.forget();
    const lines = whole.slice(this.done.length).split('\n').slice(0, -1);
    const before = this.done.split('\n').length;
    for (const [i, line] of lines.entries()) {
      try {
        this.take(JSON.parse(line) as Json);
      } catch (error) {
        this.forget();
        throw this.corrupt(before + i, error instanceof Error ? error.message : String(error));
      }
    }
    this.done = whole;
    return this.devices ?? this.start(this.options.make());
  }

  /** Does something to a device, and gives the text that is to be added for it. Refusals are those of the kernel. */
  apply(op: DeviceVerb, device: string): string {
    if (!this.devices) throw new TypeError('the text is not followed yet');
    const fleet = this.done === '' ? fleetLine(this.devices.made) : '';
    try {
      this.act({ op, device });
    } catch (error) {
      // What was refused halfway is in no text: the next one who looks starts anew.
      this.forget();
      throw error;
    }
    const added = fleet + lineOf({ op, device });
    this.done += added;
    return added;
  }

  private take(json: Json): void {
    if (this.devices) this.act(stepOf(json));
    else this.start(madeOf(json));
  }

  private start(made: MadeFleet): MachineDevices {
    this.following = this.options.follow?.() ?? {};
    this.devices = new MachineDevices(made, this.following);
    return this.devices;
  }

  private act(step: DeviceStep): void {
    if (!this.devices) return;
    this.following.onStep?.(step, this.devices);
    this.devices.apply(step.op, step.device);
  }

  private forget(): void {
    this.done = '';
    this.devices = undefined;
  }

  private corrupt(line: number, why: string): TsmError {
    return new TsmError(
      'journal.corrupt',
      `${this.options.name} line ${String(line)}: ${why} — remove the line and those after it, or the file, to go on`,
    );
  }
}
