/** What a TSM has of a device once it is authenticated: the session, and the evidence that came with it. */
import type { PciFunction } from '@tsm/core';
import type { SpdmSession } from '../spdm/session.ts';

export interface DeviceConnection {
  readonly session: Pick<SpdmSession, 'id' | 'alive' | 'send'>;
  /** Certificate chain objects by slot (DSP0274, certificate chain format). */
  readonly chains: ReadonlyMap<number, Uint8Array>;
  /** GET_VERSION to ALGORITHMS, as they were exchanged. */
  readonly vca: Uint8Array;
  /** Signed measurements of this moment: the exchange that the signature covers, and the signature. */
  measure(): Uint8Array;
  /** END_SESSION. Cannot be refused: a device that is gone has no session. */
  close(): void;
}

/** Authenticates a device and opens a session. Refusals are a TsmError. */
export type OpenDevice = (device: PciFunction) => DeviceConnection;
