/** Evidence of a device read again: the negotiation, and the one signed exchange of measurements that followed it. */
import { concat, type DeviceEvidence } from '@tsm/core';
import { Connection } from '../spdm/connection.ts';
import type { AsymAlgorithm, HashAlgorithm } from '../spdm/algorithms.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { portableSpdmCrypto } from '../spdm/portable-crypto.ts';
import { readBlocks, type MeasuredBlock } from '../spdm/measurement.ts';

/** What the messages of the negotiation agree on. */
export interface NegotiatedDevice {
  readonly connection: Connection;
  readonly version: number;
  readonly hash: HashAlgorithm;
  readonly asym: AsymAlgorithm;
}

/** Fields of GET_MEASUREMENTS and MEASUREMENTS that count here. */
interface Fields {
  readonly nonce?: Uint8Array;
  readonly blocks?: number;
  readonly record?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly param2?: number;
}

export interface SignedMeasurements {
  /** Of the requester: proves that the answer is new. */
  readonly nonce: Uint8Array;
  readonly blocks: readonly MeasuredBlock[];
  readonly signature: Uint8Array;
  /** Everything that the signature is over. */
  readonly transcript: Uint8Array;
}

/** GET_VERSION to ALGORITHMS; undefined where these are not six such messages, or select nothing that is known here. */
export function readNegotiation(crypto: SpdmCrypto, vca: Uint8Array): NegotiatedDevice | undefined {
  const connection = new Connection(crypto);
  let at = 0;
  while (at < vca.length) {
    const request = connection.read(vca.subarray(at));
    if (!request.value) return undefined;
    at += request.bytes.length;
    const response = connection.read(vca.subarray(at), request.bytes);
    if (!response.value) return undefined;
    at += response.bytes.length;
    connection.note(request.bytes, response.bytes);
  }
  const { hash, asym } = connection.suite ?? {};
  return hash && asym && { connection, version: connection.version, hash, asym };
}

/** A signed GET_MEASUREMENTS and its MEASUREMENTS; undefined for anything else, and for bytes that follow. */
export function readMeasurements(
  { connection, version }: NegotiatedDevice,
  vca: Uint8Array,
  exchange: Uint8Array,
): SignedMeasurements | undefined {
  const request = connection.read(exchange);
  const response = connection.read(exchange.subarray(request.bytes.length), request.bytes);
  if (request.name !== 'GET_MEASUREMENTS' || response.name !== 'MEASUREMENTS') return undefined;
  const size = request.bytes.length + response.bytes.length;
  const { nonce = new Uint8Array(0) } = (request.value ?? {}) as Fields;
  const { blocks, record, signature } = (response.value ?? {}) as Fields;
  if (!record || !signature || signature.length === 0 || size !== exchange.length) return undefined;
  const read = readBlocks(record, blocks ?? 0);
  if (!read) return undefined;
  const signed = exchange.subarray(0, exchange.length - signature.length);
  return { nonce, blocks: read, signature, transcript: version < 0x12 ? signed : concat(vca, signed) };
}

/** The measurements in a device's evidence, verified or not; none where it cannot be read. */
export function measurementsOf(
  { vca = new Uint8Array(0), measurements = new Uint8Array(0) }: DeviceEvidence['objects'],
  crypto: SpdmCrypto = portableSpdmCrypto,
): readonly MeasuredBlock[] {
  const device = readNegotiation(crypto, vca);
  return (device && readMeasurements(device, vca, measurements)?.blocks) ?? [];
}
