/** Predictions against real logs: every event that can be known has the digest, the data and the place of the real one. */
import { portableDigests, toHex, utf8Bytes, type LaunchInputs, type PredictedEvent } from '@tsm/core';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { decodeLog, type LogEvent } from '../../eventlog/src/index.ts';
import { tdxLaunch } from '../src/launch/calculator.ts';
import { ovmf, P1, tdShim } from './support/launch-images.ts';

const IMAGE = 0x80000003;
const BLOB = 0x8000000a;
/** Where an image event holds the device path: before it are addresses, which no one can predict. */
const DEVICE_PATH = 24;

const digestOf = ({ digests }: LogEvent): Uint8Array => digests[0]!.digest;

/** Content of the variable in an event's UEFI_VARIABLE_DATA. */
function content({ data }: LogEvent): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset);
  return data.slice(32 + 2 * Number(view.getBigUint64(16, true)));
}

/** Register, type and data; of images and blobs without their addresses and sizes. */
function text({ ccMr, type, data }: PredictedEvent): string {
  const known = type === IMAGE ? data.slice(DEVICE_PATH) : type === BLOB ? data.slice(0, -16) : data;
  return `${String(ccMr)} ${type.toString(16)} ${toHex(known)}`;
}

/** One OVMF boot: what the log says of files that are not at hand, and what can be compared. */
interface Case {
  readonly file: string;
  readonly firmware: Uint8Array;
  readonly inputs: (events: readonly LogEvent[]) => LaunchInputs;
  /** The one register that is compared; default all. */
  readonly only?: number;
  /** Events whose digest is of a file that is not at hand. */
  readonly unknown: (event: LogEvent) => boolean;
  /** Registers that come out whole. */
  readonly whole: readonly string[];
}

const acpi = (events: readonly LogEvent[]): Uint8Array[] =>
  events
    .filter(({ type, data }) => type === 0xa && toHex(data) === toHex(utf8Bytes('ACPI DATA')))
    .map(digestOf);
const ofType = (events: readonly LogEvent[], type: number): LogEvent[] =>
  events.filter((one) => one.type === type);

const CASES: readonly Case[] = [
  {
    file: 'eventlog/confidential-containers+trustee/CCEL_data_ovmf',
    firmware: ovmf(),
    inputs: (events) => ({
      ...{ memory: 2048, 'firmware-version': 'edk2-stable202408', kernel: P1, 'kernel-form': 'as-is' },
      ...{ 'variables-digest': digestOf(events[1]!), 'acpi-digest': acpi(events) },
      ...{ cmdline: 'not known', initrd: P1 },
    }),
    unknown: ({ type }) => type === IMAGE || type === 0x6,
    whole: ['rtmr0'],
  },
  {
    file: 'eventlog/Dstack-TEE+dstack/ccel.bin',
    firmware: ovmf(),
    inputs: (events) => ({
      ...{ memory: 1024, 'firmware-version': 'edk2-stable202411', kernel: P1, 'kernel-form': 'as-is' },
      ...{ 'variables-digest': digestOf(events[1]!), 'acpi-digest': acpi(events), 'efi-stub': 'silent' },
    }),
    unknown: ({ type }) => type === IMAGE || type === 0x8000000b,
    whole: ['rtmr2'],
  },
  {
    file: 'eventlog/confidential-containers+trustee/CCEL_data_grub',
    firmware: ovmf(),
    inputs: (events) => {
      const [, pk, kek, db, dbx] = ofType(events, 0x80000001).map(content);
      const [order, ...options] = ofType(events, 0x80000002).map(content);
      return {
        ...{ memory: 10240, 'firmware-version': 'edk2-stable202408', boot: 'disk', pk, kek, db, dbx },
        ...{ 'variables-digest': digestOf(events[1]!), 'acpi-digest': acpi(events) },
        ...{ 'boot-order': order, 'boot-option': options, 'boot-image': [P1] },
        authority: ofType(events, 0x800000e0).map(({ data }) => data),
      };
    },
    only: 1,
    unknown: () => false,
    whole: ['rtmr0'],
  },
  {
    file: 'eventlog/confidential-containers+trustee/CCEL_data',
    firmware: tdShim(),
    inputs: (events) => ({
      ...{ 'td-hob': events[0]!.data.slice(20), kernel: P1, cmdline: 'root=/dev/vda1 console=hvc0 rw' },
    }),
    unknown: ({ type }) => type === BLOB,
    whole: ['rtmr0', 'rtmr2'],
  },
];

const found = vectors('eventlog').filter(({ file }) => CASES.some((one) => one.file === file));

describeVectors('a predicted boot is that of the real log', CASES.length, found, ({ file, expected }) => {
  const { firmware, inputs, only, unknown, whole } = CASES.find((one) => one.file === file)!;
  const log = [...decodeLog(readVector(file))].filter(({ measured }) => measured);
  const real = log.filter(({ register }) => only === undefined || register === only);
  const prediction = tdxLaunch.calculate({ firmware, ...inputs(log) }, portableDigests);
  const events = prediction.events!.filter(({ ccMr }) => only === undefined || ccMr === only);

  expect(events.map(text)).toEqual(
    real.map((event) => text({ ...event, ccMr: event.register, digest: digestOf(event) })),
  );
  for (const [i, event] of real.entries()) {
    if (unknown(event)) continue;
    expect(toHex(events[i]!.digest), `event ${String(event.number)}`).toBe(toHex(digestOf(event)));
  }
  for (const name of whole) {
    const value = prediction.registers.find((one) => one.name === name)?.value;
    const logged = expected?.[`${String(Number(name.slice(4)) + 1)}/sha384`] ?? '00'.repeat(48);
    expect(value && toHex(value), name).toBe(logged);
  }
});
