/** A machine's devices as their text says, with all that was said and done since the fleet was made. */
import type { PlatformName, Secrets, SpdmCrypto } from '@tsm/pci-tdisp';
import {
  DeviceJournal,
  DeviceRecorder,
  type DeviceStep,
  type DeviceVerb,
  type Following,
  type MachineDevices,
  type MadeFleet,
} from '@tsm/host/devices';
import type { DeviceText } from './text.ts';

/** What was done, and what was there before it. */
interface Done extends DeviceStep {
  /** Objects that were said before. */
  readonly objects: number;
  readonly before: readonly FunctionState[];
}

interface FunctionState {
  readonly address: string;
  readonly state: string;
  readonly stream: number | null;
  readonly secure: boolean;
}

/** What was said to one device, and done to its functions: `packet` counts its objects. */
export interface DeviceRun {
  readonly objects: readonly Uint8Array[];
  readonly secrets: Secrets;
  readonly steps: readonly (DeviceStep & {
    readonly packet: number;
    /** Its functions after the step. */
    readonly after: readonly FunctionState[];
  })[];
}

/** The function that speaks for a device. */
const firstOf = (address: string): string => address.replace(/[0-7]$/, '0');

const statesOf = (devices: MachineDevices): FunctionState[] =>
  devices.functions.map((one) => {
    const { address, state, stream, secure } = devices.stateOf(one);
    return { address, state, stream, secure };
  });

export class Recording {
  readonly platform: PlatformName;
  private readonly text: DeviceText;
  private readonly journal: DeviceJournal;
  private readonly make: () => MadeFleet;
  private readonly crypto: SpdmCrypto | undefined;
  private recorder: DeviceRecorder;
  private done: Done[] = [];
  /** The text as it was last looked at. */
  seen = '';

  constructor(platform: PlatformName, text: DeviceText, make: () => MadeFleet, crypto?: SpdmCrypto) {
    this.platform = platform;
    this.text = text;
    this.make = make;
    this.crypto = crypto;
    this.recorder = new DeviceRecorder();
    this.journal = new DeviceJournal({
      ...{ name: text.path, make },
      follow: (): Following => {
        this.recorder = new DeviceRecorder(undefined, crypto);
        this.done = [];
        return {
          ...this.recorder.watching,
          onStep: (step, devices) =>
            this.done.push({
              ...step,
              ...{ objects: this.recorder.objects.length, before: statesOf(devices) },
            }),
        };
      },
    });
  }

  /** As they are now: what others wrote is done first. */
  now(): MachineDevices {
    this.seen = this.text.read();
    return this.journal.follow(this.seen);
  }

  /** Did others write since? */
  get isBehind(): boolean {
    return this.text.read() !== this.seen;
  }

  act(verb: DeviceVerb, device: string): void {
    this.text.update((text, append) => {
      this.journal.follow(text);
      append(this.journal.apply(verb, device));
    });
    this.seen = this.text.read();
  }

  /** The same devices once more: what is asked of these does not show in the run. */
  copy(): MachineDevices {
    const { crypto, make, text } = this;
    const follow = (): Following => (crypto ? { crypto } : {});
    return new DeviceJournal({ name: text.path, make, follow }).follow(text.read());
  }

  /** What was said to the device that a function belongs to. */
  run(address: string): DeviceRun {
    const devices = this.now();
    const first = firstOf(address);
    const { of, objects, secrets } = this.recorder;
    const own = objects.flatMap((object, i) => (of[i] === first ? [{ i, object }] : []));
    const packetAt = (count: number): number => own.filter(({ i }) => i < count).length;
    const ours = (all: readonly FunctionState[]) => all.filter((one) => firstOf(one.address) === first);
    const after = (i: number): readonly FunctionState[] => this.done[i + 1]?.before ?? statesOf(devices);
    return {
      ...{ secrets, objects: own.map(({ object }) => object) },
      steps: this.done.flatMap(({ op, device, objects: count }, i) =>
        firstOf(device) === first ? [{ op, device, packet: packetAt(count), after: ours(after(i)) }] : [],
      ),
    };
  }
}
