/** How a TSM authenticates a device: negotiation, certificates, challenge, session; by SPDM over its mailbox. */
import { concat, TsmError, type PciFunction } from '@tsm/core';
import { drive, type Flow, type Transport } from '../spdm/requester/flow.ts';
import type { RequesterOptions } from '../spdm/requester/options.ts';
import { Requester } from '../spdm/requester/requester.ts';
import { endSession, openSession, sessionOver } from '../spdm/requester/sessions.ts';
import type { DeviceConnection, OpenDevice } from './connection.ts';

/** Phases of opening, in their order; for whoever measures or shows them. */
export const OPEN_PHASES = ['negotiate', 'certificates', 'challenge', 'session'] as const;
export type OpenPhase = (typeof OPEN_PHASES)[number];

export interface OpenOptions extends RequesterOptions {
  /** Slot that must prove itself. Default 0. */
  readonly slot?: number;
  /** Called before each phase. */
  readonly onPhase?: (phase: OpenPhase) => void;
}

/** Opens the device behind one transport. Errors: `spdm.*`, `secured.*`, `doe.*`. */
export function openDevice(transport: Transport, options: OpenOptions): DeviceConnection {
  const { slot = 0, onPhase } = options;
  const requester = new Requester(options);
  const run = <T>(flow: Flow<T>): T => drive(flow, transport);
  onPhase?.('negotiate');
  run(requester.connect());
  onPhase?.('certificates');
  run(requester.digests());
  run(requester.certificate(slot));
  onPhase?.('challenge');
  run(requester.challenge(slot));
  onPhase?.('session');
  const state = run(openSession(requester, { slot }));
  const { connection } = requester;
  return {
    session: sessionOver(requester, state, transport),
    chains: connection.peer.chains,
    vca: connection.messageA,
    measure() {
      const { record, signature } = run(requester.measurements({ slot, session: state }));
      return concat(record, signature);
    },
    close() {
      if (state.phase !== 'established') return;
      try {
        run(endSession(requester, state));
      } catch (error) {
        // The device is gone, or does not let go: the host's half of the session ends all the same.
        if (!(error instanceof TsmError)) throw error;
        state.end();
      }
    },
  };
}

/** Devices by their mailbox; `ENODEV` for one without. */
export function openOverSpdm(
  mailbox: (device: PciFunction) => Transport | undefined,
  options: OpenOptions,
): OpenDevice {
  return (device) => {
    const transport = mailbox(device);
    if (!transport) throw new TsmError('ENODEV', `${device.address} has no mailbox`);
    return openDevice(transport, options);
  };
}
