/** The guest's TSM of any platform: lock, accept and unlock as requests to the host's, and the evidence that they leave. */
import type { DeviceEvidence, DevsecTsm, PciFunction } from '@tsm/core';
import { bestEffort } from './failures.ts';
import { encodeRequest, scopeOf, type GuestRequestName } from './requests.ts';

/** Carries a request to the host's TSM (`guest_req`). Refusals are a TsmError. */
export type AskHost = (device: PciFunction, scope: number, request: Uint8Array) => Uint8Array;

/** Slots of certificates (DSP0274). */
const SLOTS = 8;

export class GuestTsm implements DevsecTsm {
  private readonly askHost: AskHost;
  private readonly collected = new Map<string, DeviceEvidence>();

  constructor(askHost: AskHost) {
    this.askHost = askHost;
  }

  /** Locks, and then collects: what is accepted later is what was looked at. */
  lock(device: PciFunction): void {
    this.ask(device, 'LOCK');
    const objects: Record<string, Uint8Array> = {};
    for (let slot = 0; slot < SLOTS; slot++) {
      const chain = this.ask(device, 'CERTIFICATES', slot);
      if (chain.length > 0) objects[`cert${String(slot)}`] = chain;
    }
    objects['vca'] = this.ask(device, 'VCA');
    objects['measurements'] = this.ask(device, 'MEASUREMENTS');
    objects['report'] = this.ask(device, 'REPORT');
    const generation = (this.collected.get(device.address)?.generation ?? 0) + 1;
    this.collected.set(device.address, { generation, objects });
  }

  accept(device: PciFunction): void {
    this.ask(device, 'START');
  }

  unlock(device: PciFunction): void {
    // One that is gone, or that was taken away, is not the guest's any more either way.
    bestEffort(() => this.ask(device, 'STOP'));
  }

  /** Generation 0 and nothing before the first lock. */
  evidence({ address }: PciFunction): DeviceEvidence {
    return this.collected.get(address) ?? { generation: 0, objects: {} };
  }

  private ask(device: PciFunction, name: GuestRequestName, argument = 0): Uint8Array {
    return this.askHost(device, scopeOf(name), encodeRequest(name, argument));
  }
}
