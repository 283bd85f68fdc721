/** What a guest asks the host's TSM for: one neutral set for all platforms, a byte for the verb and one for its argument. */
import { TsmError } from '@tsm/core';

export const GUEST_REQUEST = {
  ...{ LOCK: 1, START: 2, STOP: 3, STATE: 4, REPORT: 5, MEASUREMENTS: 6, VCA: 7, CERTIFICATES: 8 },
} as const;
export type GuestRequestName = keyof typeof GUEST_REQUEST;

/** Scopes of the kernel (enum pci_tsm_req_scope). */
export const SCOPE = { INFO: 0, STATE_CHANGE: 1 } as const;

const CHANGES: readonly GuestRequestName[] = ['LOCK', 'START', 'STOP'];

export const scopeOf = (name: GuestRequestName): number =>
  CHANGES.includes(name) ? SCOPE.STATE_CHANGE : SCOPE.INFO;

export function encodeRequest(name: GuestRequestName, argument = 0): Uint8Array {
  return Uint8Array.of(GUEST_REQUEST[name], argument);
}

/** `EINVAL` for bytes that are no request; `EPERM` for one that changes the state in the scope that only informs. */
export function decodeRequest(
  scope: number,
  bytes: Uint8Array,
): { name: GuestRequestName; argument: number } {
  const name = (Object.keys(GUEST_REQUEST) as GuestRequestName[]).find(
    (one) => GUEST_REQUEST[one] === bytes[0],
  );
  if (name === undefined || bytes.length !== 2)
    throw new TsmError('EINVAL', 'expected a verb and its argument, two bytes');
  if (scopeOf(name) > scope) throw new TsmError('EPERM', `${name} changes the state: scope 1 is for that`);
  return { name, argument: bytes[1] ?? 0 };
}
