/** What the six messages of a negotiation say: version, flags, sizes and the selected algorithms. */
import { decode } from '@tsm/core/layout';
import {
  AEADS,
  ALG_TYPE,
  ASYMS,
  DHES,
  HASHES,
  selected,
  type AeadAlgorithm,
  type AsymAlgorithm,
  type DheAlgorithm,
  type HashAlgorithm,
} from './algorithms.ts';
import { hasCapability } from './capabilities.ts';
import { NO_CONTEXT } from './layout/context.ts';
import { Algorithms, Capabilities, GetCapabilities, NegotiateAlgorithms } from './layout/negotiation.ts';

/** Flags and sizes of one side. */
export interface Abilities {
  readonly version: number;
  readonly flags: number;
  /** Largest single transfer; without a limit before 1.2. */
  readonly dataTransferSize: number;
  readonly maxMessageSize: number;
}

export interface Suite {
  readonly hash: HashAlgorithm | undefined;
  readonly asym: AsymAlgorithm | undefined;
  readonly dhe: DheAlgorithm | undefined;
  readonly aead: AeadAlgorithm | undefined;
  readonly requesterAsym: AsymAlgorithm | undefined;
  /** Mask with one bit; 1 is raw only. */
  readonly measurementHash: number;
  /** Several key pairs of the responder. */
  readonly multiKey: boolean;
  /** Several key pairs of the requester. */
  readonly requesterMultiKey: boolean;
}

function abilities(
  version: number,
  value: { flags: number; dataTransferSize: number; maxMessageSize: number },
): Abilities {
  const { flags, dataTransferSize, maxMessageSize } = value;
  if (version >= 0x12) return { version, flags, dataTransferSize, maxMessageSize };
  return { version, flags, dataTransferSize: Infinity, maxMessageSize: Infinity };
}

const contextOf = (bytes: Uint8Array, requestParam1 = 0) => {
  return { ...NO_CONTEXT, version: bytes[0] ?? 0, requestParam1 };
};

/** Of a GET_CAPABILITIES. */
export function requesterAbilities(request: Uint8Array): Abilities | undefined {
  const { value } = decode(GetCapabilities(contextOf(request)), request);
  return value && abilities(value.version, value);
}

/** Of a CAPABILITIES. */
export function responderAbilities(request: Uint8Array, response: Uint8Array): Abilities | undefined {
  const { value } = decode(Capabilities(contextOf(response, request[2])), response);
  return value && abilities(value.version, value);
}

/** What was offered, by the field's name; tables by type. */
interface Offer {
  readonly baseAsym: number;
  readonly baseHash: number;
  readonly otherParams: number;
  readonly tables: ReadonlyMap<number, number>;
}

function offerOf(request: Uint8Array): Offer | undefined {
  const { value } = decode(NegotiateAlgorithms, request);
  if (!value) return undefined;
  const tables = new Map(value.tables.map(({ type, algorithms }) => [type, algorithms]));
  return { baseAsym: value.baseAsym, baseHash: value.baseHash, otherParams: value.otherParams, tables };
}

/** Several keys: always, or when the other side asked for it (DSP0274 1.3, MULTI_KEY_CONN). */
function multiKeyOf({ version, flags }: Abilities, asked: number): boolean {
  if (version < 0x13) return false;
  if (hasCapability(flags, 'MULTI_KEY_ONLY')) return true;
  return hasCapability(flags, 'MULTI_KEY_NEG') && (asked & MULTI_KEY_CONN) !== 0;
}

/** Of an ALGORITHMS. What is not known here is undefined, as is what was not selected. */
export function suiteOf(
  request: Uint8Array,
  response: Uint8Array,
  requester: Abilities | undefined,
  responder: Abilities | undefined,
): Suite | undefined {
  const { value } = decode(Algorithms, response);
  const offer = offerOf(request);
  if (!value || !offer) return undefined;
  const of = (type: number): number => value.tables.find((table) => table.type === type)?.algorithms ?? 0;
  return {
    hash: selected(HASHES, value.baseHash),
    asym: selected(ASYMS, value.baseAsym),
    dhe: selected(DHES, of(ALG_TYPE.DHE)),
    aead: selected(AEADS, of(ALG_TYPE.AEAD)),
    requesterAsym: selected(ASYMS, of(ALG_TYPE.REQ_BASE_ASYM)),
    measurementHash: value.measurementHash,
    multiKey: responder !== undefined && multiKeyOf(responder, offer.otherParams),
    requesterMultiKey: requester !== undefined && multiKeyOf(requester, value.otherParams),
  };
}

/** OtherParams: opaque data format 1, and several keys a slot. */
export const OPAQUE_FORMAT_1 = 0x02;
export const MULTI_KEY_CONN = 0x10;

/** A selection of more than one bit, or of one that was not offered, as words; undefined when all is as offered. */
export function badSelection(request: Uint8Array, response: Uint8Array): string | undefined {
  const offered = decode(NegotiateAlgorithms, request).value;
  const chosen = decode(Algorithms, response).value;
  if (!offered || !chosen) return undefined;
  const tables = new Map(offered.tables.map(({ type, algorithms }) => [type, algorithms]));
  const rows: readonly [string, number, number][] = [
    ['BaseAsym', offered.baseAsym, chosen.baseAsym],
    ['BaseHash', offered.baseHash, chosen.baseHash],
    ...chosen.tables.map(({ type, algorithms }): [string, number, number] => {
      return [`algorithm type ${String(type)}`, tables.get(type) ?? 0, algorithms];
    }),
  ];
  const bad = rows.find(([, from, to]) => (to & ~from) !== 0 || (to & (to - 1)) !== 0);
  return bad && `${bad[0]} 0x${(bad[2] >>> 0).toString(16)}`;
}

/** Both sides let the handshake go in the clear. */
export const clearHandshake = (requester: Abilities, responder: Abilities): boolean =>
  hasCapability(requester.flags & responder.flags, 'HANDSHAKE_IN_THE_CLEAR');
