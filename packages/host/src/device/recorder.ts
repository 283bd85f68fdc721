/** Keeps what host and devices say, with the secrets that make it readable: a run as it can be given away. */
import { toHex } from '@tsm/core';
import {
  decodeDoe,
  DOE_TYPE,
  encodeCapture,
  portableSpdmCrypto,
  REQUEST,
  type Secrets,
  type SessionSecrets,
  type SpdmCrypto,
} from '@tsm/pci-tdisp';
import type { Watching } from './machine-devices.ts';

/** RandomData of KEY_EXCHANGE (DSP0274): it tells sessions apart. */
const RANDOM = { offset: 8, size: 32 };

/** Of a KEY_EXCHANGE in a data object, as hex; undefined for any other object. */
function exchangeRandom(bytes: Uint8Array): string | undefined {
  const { object } = decodeDoe(bytes);
  if (object?.type !== DOE_TYPE.SPDM || object.body[1] !== REQUEST.KEY_EXCHANGE) return undefined;
  return toHex(object.body.slice(RANDOM.offset, RANDOM.offset + RANDOM.size));
}

export class DeviceRecorder {
  readonly objects: Uint8Array[] = [];
  /** Address of the device that each object went to, or came from. */
  readonly of: string[] = [];
  private readonly sessions: SessionSecrets[] = [];
  /** Of the key exchange that is under way. */
  private random: string | undefined;
  /** For a `MachineDevices` to be followed with. */
  readonly watching: Watching;

  /** `address`: of the device that counts; default: all. Signatures of `crypto` should be the same each time. */
  constructor(address?: string, crypto: SpdmCrypto = portableSpdmCrypto) {
    this.watching = {
      onObject: (of, object) => {
        if (address !== undefined && of !== address) return;
        this.objects.push(object.slice());
        this.of.push(of);
        this.random = exchangeRandom(object);
      },
      crypto: {
        ...crypto,
        sharedSecret: (curve, secret, exchangeData) => {
          const shared = crypto.sharedSecret(curve, secret, exchangeData);
          // The device is the first of both ends to have it.
          if (shared && this.random !== undefined)
            this.sessions.push({ requesterRandom: this.random, dheSecret: toHex(shared) });
          this.random = undefined;
          return shared;
        },
      },
    };
  }

  /** pcap, link type PCI_DOE. */
  get capture(): Uint8Array {
    return encodeCapture(this.objects);
  }

  get secrets(): Secrets {
    return { sessions: this.sessions, m1m2Hash: [], l1l2Hash: [] };
  }
}
