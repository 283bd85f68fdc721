/** PCI devices of a simulated machine: a sample bus, a device behind each endpoint, the TSMs of host and guest. */
import { TsmError, utf8Bytes, type PciFunction } from '@tsm/core';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { portableSpdmCrypto } from '../spdm/portable-crypto.ts';
import { RESPONDER_CAPABILITIES } from '../spdm/responder/options.ts';
import type { SpdmMeasurement } from '../spdm/responder/options.ts';
import { LOCK_FLAG } from '../tdisp/codes.ts';
import { openOverSpdm, type OpenPhase } from '../tsm/open.ts';
import { seededBytes } from '../tsm/random.ts';
import { SimulatedDevice } from '../tsm/simulated-device.ts';
import { functionIdOf } from './address.ts';
import { GuestTsm } from './guest.ts';
import { HostTsm } from './host.ts';
import { deviceAuthority, type DeviceAuthority } from './identity.ts';
import type { PlatformName } from './table.ts';

const COMMON = { vendor: 0x1af4, classCode: 0x12_00_00, tee: true, mailbox: false, streams: 0 };
const ENDPOINT = { ...COMMON, kind: 'endpoint', device: 0x10f7 } as const;
const CARD = { ...ENDPOINT, device: 0x1041, classCode: 0x02_00_00, parent: '0000:00:02.0' } as const;
const PORT = {
  ...COMMON,
  kind: 'root-port',
  device: 0x000c,
  classCode: 0x06_04_00,
  tee: false,
  streams: 4,
} as const;

/** Two root ports: an accelerator with a virtual function, and a network card with two functions. */
export const SAMPLE_BUS: readonly PciFunction[] = [
  { ...PORT, address: '0000:00:01.0' },
  { ...ENDPOINT, address: '0000:01:00.0', parent: '0000:00:01.0', streams: 2, mailbox: true },
  { ...ENDPOINT, address: '0000:01:00.1', parent: '0000:00:01.0', physical: '0000:01:00.0' },
  { ...PORT, address: '0000:00:02.0' },
  { ...CARD, address: '0000:02:00.0', streams: 1, mailbox: true },
  { ...CARD, address: '0000:02:00.1' },
];

/** What a sample device measures of itself. */
export const SAMPLE_MEASUREMENTS: readonly SpdmMeasurement[] = [
  { index: 1, type: 0, value: utf8Bytes('TSM sample device, boot ROM') },
  { index: 2, type: 1, value: utf8Bytes('TSM sample device, firmware 1.0') },
  { index: 3, type: 3, value: utf8Bytes('TSM sample device, configuration') },
];

export interface FleetOptions {
  readonly platform: PlatformName;
  /** All keys, nonces and random bytes come from it. */
  readonly seed: Uint8Array;
  /** Start of the certificates' validity. */
  readonly now: Date;
  /** Default: portable. */
  readonly crypto?: SpdmCrypto;
  /** Default: {@link SAMPLE_BUS}. */
  readonly bus?: readonly PciFunction[];
  /** Called for each data object, in both directions. */
  readonly onObject?: (address: string, object: Uint8Array) => void;
  readonly onPhase?: (phase: OpenPhase) => void;
  readonly firmware?: (command: string) => void;
}

export interface Fleet {
  readonly bus: readonly PciFunction[];
  /** By address of function 0; take one out, and it answers no more. */
  readonly devices: Map<string, SimulatedDevice>;
  readonly host: HostTsm;
  readonly guest: GuestTsm;
  readonly authority: DeviceAuthority;
}

/** A range of 64 KiB that is memory of the TVM, and a page with the MSI-X table. */
function rangesOf(number: number) {
  const firstPage = 0x10_0000n + BigInt(number * 0x100);
  return [
    { firstPage, pages: 16, attributes: 0, rangeId: 0 },
    { firstPage: firstPage + 0x20n, pages: 1, attributes: 1, rangeId: 1 },
  ];
}

function makeDevice(
  device: PciFunction,
  { bus = SAMPLE_BUS, seed }: FleetOptions,
  crypto: SpdmCrypto,
  authority: DeviceAuthority,
): SimulatedDevice {
  const { address } = device;
  const slot = address.slice(0, -1);
  const behind = bus.filter((one) => one.address.startsWith(slot));
  const random = seededBytes(crypto, seed, `responder ${address}`);
  const functionId = functionIdOf(address);
  const port = { devFunc: functionId & 0xff, bus: (functionId >> 8) & 0xff, segment: 0 };
  return new SimulatedDevice({
    spdm: {
      ...{ random, crypto, capabilities: RESPONDER_CAPABILITIES, measurements: () => SAMPLE_MEASUREMENTS },
      slots: new Map([[0, authority.identity(address)]]),
      algorithms: { hashes: ['sha384'], asyms: ['ecdsa-p384'], dhes: ['secp384r1'], aeads: ['aes-256-gcm'] },
    },
    tee: {
      ports: [{ ...port, registers: new Uint8Array(8), streams: device.streams }],
      interfaces: behind.map((one, number) => ({
        functionId: functionIdOf(one.address),
        interfaceInfo: 2,
        ranges: rangesOf(number),
        deviceInfo: utf8Bytes(`TSM sample device ${one.address}`),
      })),
      random,
    },
  });
}

export function createFleet(options: FleetOptions): Fleet {
  const {
    platform,
    seed,
    now,
    crypto = portableSpdmCrypto,
    bus = SAMPLE_BUS,
    onObject,
    onPhase,
    firmware,
  } = options;
  const authority = deviceAuthority(crypto, seed, now);
  const endpoints = bus.filter(({ mailbox }) => mailbox);
  const devices = new Map(endpoints.map((one) => [one.address, makeDevice(one, options, crypto, authority)]));
  const random = seededBytes(crypto, seed, 'host');
  const mailbox = ({ address }: PciFunction) => {
    if (!devices.has(address)) return undefined;
    return (object: Uint8Array): Uint8Array | undefined => {
      onObject?.(address, object);
      const answer = devices.get(address)?.respond(object);
      if (answer) onObject?.(address, answer);
      return answer;
    };
  };
  const open = openOverSpdm(mailbox, { random, crypto, ...(onPhase ? { onPhase } : {}) });
  const lockFlags = 1 << LOCK_FLAG.NO_FW_UPDATE;
  const host = new HostTsm({ platform, open, random, lockFlags, ...(firmware ? { firmware } : {}) });
  const guest = new GuestTsm((device, scope, request) => host.guestRequest(device, scope, request));
  return { bus, devices, host, guest, authority };
}

/** A function of the fleet by its address; `ENODEV` names those that there are. */
export function functionAt({ bus }: Pick<Fleet, 'bus'>, address: string): PciFunction {
  const device = bus.find((one) => one.address === address);
  if (!device) {
    const known = bus.filter(({ kind }) => kind !== 'root-port').map((one) => one.address);
    throw new TsmError('ENODEV', `there is no function ${address}: there are ${known.join(', ')}`);
  }
  return device;
}
