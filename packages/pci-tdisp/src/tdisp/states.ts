/** The state machine of a TEE device interface, as data (PCIe 6.1 §11.2, figure of TDI states; §11.3.2 table of requests). */
import type { TdiState } from '@tsm/core';
import type { TdispRequestName } from './codes.ts';

/** What happens to an interface without a request to it. */
export type TdiEvent =
  /** Something that LOCK_INTERFACE locked was changed, such as a BAR, bus mastering or a reset of the function. */
  | 'configuration-changed'
  /** A stream of the interface went out of the secure state. */
  | 'link-insecure'
  /** The session that has the interface ended. */
  | 'session-ended'
  /** Conventional reset of the device. */
  | 'reset';

interface Rule {
  /** States in which it is legal; in others the answer is INVALID_INTERFACE_STATE, and nothing changes. */
  readonly from: readonly TdiState[];
  /** State afterwards; absent: it stays. */
  readonly to?: TdiState;
}

const ANY: readonly TdiState[] = ['CONFIG_UNLOCKED', 'CONFIG_LOCKED', 'RUN', 'ERROR'];
const LOCKED: readonly TdiState[] = ['CONFIG_LOCKED', 'RUN'];

export const TDI_TRANSITIONS: Readonly<Record<TdispRequestName, Rule>> = {
  GET_TDISP_VERSION: { from: ANY },
  GET_TDISP_CAPABILITIES: { from: ANY },
  LOCK_INTERFACE: { from: ['CONFIG_UNLOCKED'], to: 'CONFIG_LOCKED' },
  GET_DEVICE_INTERFACE_REPORT: { from: LOCKED },
  GET_DEVICE_INTERFACE_STATE: { from: ANY },
  START_INTERFACE: { from: ['CONFIG_LOCKED'], to: 'RUN' },
  STOP_INTERFACE: { from: ANY, to: 'CONFIG_UNLOCKED' },
  BIND_P2P_STREAM: { from: ['RUN'] },
  UNBIND_P2P_STREAM: { from: ['RUN'] },
  SET_MMIO_ATTRIBUTE: { from: ['RUN'] },
  VDM: { from: ANY },
};

/** Events that find an interface in another state change nothing. */
export const TDI_EVENTS: Readonly<Record<TdiEvent, Rule>> = {
  'configuration-changed': { from: LOCKED, to: 'ERROR' },
  'link-insecure': { from: LOCKED, to: 'ERROR' },
  'session-ended': { from: LOCKED, to: 'ERROR' },
  reset: { from: ANY, to: 'CONFIG_UNLOCKED' },
};

/** State after the rule; undefined where it is not legal. */
export function follow({ from, to }: Rule, state: TdiState): TdiState | undefined {
  return from.includes(state) ? (to ?? state) : undefined;
}
