/** A whole device behind its mailbox: an SPDM responder with IDE_KM and TDISP on its sessions. */
import type { ResponderOptions } from '../spdm/responder/options.ts';
import { Responder } from '../spdm/responder/responder.ts';
import { PCI_PROTOCOL } from '../spdm/session.ts';
import { DeviceModel, type DeviceOptions } from './device.ts';

export interface SimulatedDeviceOptions {
  readonly spdm: ResponderOptions;
  readonly tee: DeviceOptions;
}

export class SimulatedDevice {
  readonly model: DeviceModel;
  readonly responder: Responder;

  constructor({ spdm, tee }: SimulatedDeviceOptions) {
    const model = new DeviceModel(tee);
    this.model = model;
    this.responder = new Responder(spdm);
    for (const protocol of Object.values(PCI_PROTOCOL)) {
      const handler = model.handler(protocol);
      if (handler) this.responder.onVendorDefined(protocol, handler);
    }
    this.responder.onSessionEnd((session) => model.sessionEnded(session));
  }

  /** The answer to one DOE data object; undefined where none is due. */
  respond(object: Uint8Array): Uint8Array | undefined {
    return this.responder.respond(object);
  }
}
