/** A device with TEE-I/O as its session sees it: one binding, the keys of its ports, its interfaces. */
import type { VendorDefinedHandler } from '../spdm/session.ts';
import { PCI_PROTOCOL } from '../spdm/session.ts';
import { IdeKmResponder, type IdePort } from '../ide-km/responder.ts';
import type { TdiConfiguration } from '../tdisp/interface.ts';
import { TdispResponder, type TdispOptions } from '../tdisp/responder.ts';
import { SessionBinding } from './binding.ts';

export interface DeviceOptions extends Pick<
  TdispOptions,
  'random' | 'lockFlags' | 'addressWidth' | 'portion' | 'vdm'
> {
  readonly ports: readonly IdePort[];
  readonly interfaces: readonly TdiConfiguration[];
}

/** Device security manager: what answers IDE_KM and TDISP. */
export class DeviceModel {
  readonly binding = new SessionBinding();
  readonly ide: IdeKmResponder;
  readonly tdisp: TdispResponder;

  constructor({ ports, ...options }: DeviceOptions) {
    const { binding } = this;
    this.ide = new IdeKmResponder(ports, binding);
    this.tdisp = new TdispResponder({ ...options, binding, isSecure: (stream) => this.ide.isSecure(stream) });
  }

  /** For the responder's registry: answers one PCI-SIG protocol, or nothing for another. */
  handler(protocol: number): VendorDefinedHandler | undefined {
    if (protocol === PCI_PROTOCOL.IDE_KM) return (payload, session) => this.keyManagement(payload, session);
    if (protocol === PCI_PROTOCOL.TDISP) return (payload, session) => this.tdisp.handle(payload, session);
    return undefined;
  }

  /** The SPDM session is over: keys and interfaces that it had go with it. */
  sessionEnded(session: number): void {
    this.binding.end(session);
  }

  /** A link broke: the keys of its streams are gone, and what used them is in ERROR. */
  linkLost(stream: number): void {
    this.ide.drop(stream);
    this.tdisp.streamLost(stream);
  }

  /** K_SET_STOP may take a stream out of the secure state, and interfaces with it. */
  private keyManagement(payload: Uint8Array, session: number | undefined): Uint8Array | undefined {
    const answer = this.ide.handle(payload, session);
    for (const { lock, p2pStreams } of this.tdisp.interfaces)
      for (const stream of [...p2pStreams, ...(lock ? [lock.streamId] : [])])
        if (!this.ide.isSecure(stream)) this.tdisp.streamLost(stream);
    return answer;
  }
}
