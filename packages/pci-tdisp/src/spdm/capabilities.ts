/** Capability flags of requester and responder, and the version that has each first. Spec: DSP0274, CAPABILITIES. */

/** Bit of each flag; PSK and MEAS take two bits and name the lower one. */
export const CAPABILITY = {
  CACHE: 0,
  CERT: 1,
  CHAL: 2,
  MEAS_NO_SIG: 3,
  MEAS_SIG: 4,
  MEAS_FRESH: 5,
  ENCRYPT: 6,
  MAC: 7,
  MUT_AUTH: 8,
  KEY_EX: 9,
  PSK: 10,
  PSK_WITH_CONTEXT: 11,
  ENCAP: 12,
  HBEAT: 13,
  KEY_UPD: 14,
  HANDSHAKE_IN_THE_CLEAR: 15,
  PUB_KEY_ID: 16,
  CHUNK: 17,
  ALIAS_CERT: 18,
  SET_CERT: 19,
  CSR: 20,
  CERT_INSTALL_RESET: 21,
  EP_INFO_NO_SIG: 22,
  EP_INFO_SIG: 23,
  MEL: 24,
  EVENT: 25,
  MULTI_KEY_ONLY: 26,
  MULTI_KEY_NEG: 27,
  GET_KEY_PAIR_INFO: 28,
  SET_KEY_PAIR_INFO: 29,
  SET_KEY_PAIR_RESET: 30,
  LARGE_RESP: 31,
} as const;

export type Capability = keyof typeof CAPABILITY;

/** Flags that a version knows: bits below this one. */
const BITS: Readonly<Record<number, number>> = { 0x10: 6, 0x11: 17, 0x12: 22, 0x13: 30, 0x14: 32 };

export const capabilityMask = (names: readonly Capability[]): number =>
  names.reduce((mask, name) => mask | (1 << CAPABILITY[name]), 0) >>> 0;

export const hasCapability = (flags: number, name: Capability): boolean =>
  ((flags >>> CAPABILITY[name]) & 1) === 1;

/** The flags without those that the version does not have. */
export function flagsOfVersion(flags: number, version: number): number {
  const bits = BITS[version] ?? 0;
  return (bits >= 32 ? flags : flags & ((1 << bits) - 1)) >>> 0;
}

/** What contradicts itself in a set of flags, in words; undefined when nothing does (DSP0274, GET_CAPABILITIES). */
export function badFlags(
  flags: number,
  version: number,
  side: 'requester' | 'responder',
): string | undefined {
  const has = (name: Capability): boolean => hasCapability(flags, name);
  if (flagsOfVersion(flags, version) !== flags >>> 0) return 'reserved flags are set';
  if (version < 0x11) return undefined;
  if ((has('KEY_EX') || has('PSK')) && !has('MAC') && !has('ENCRYPT'))
    return 'KEY_EX or PSK without ENCRYPT and MAC';
  if (has('MULTI_KEY_ONLY') && has('MULTI_KEY_NEG')) return 'MULTI_KEY is reserved value 3';
  if (side === 'requester' && has('PSK_WITH_CONTEXT')) return 'PSK_CAP of a requester is above 1';
  if (has('PSK') && has('PSK_WITH_CONTEXT')) return 'PSK_CAP is reserved value 3';
  if (side === 'responder' && has('MEAS_NO_SIG') && has('MEAS_SIG')) return 'MEAS_CAP is reserved value 3';
  return undefined;
}
