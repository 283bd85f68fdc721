/** The responder's side of digests, certificates, challenge and measurements. */
import { concat, concatAll } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import type { HashAlgorithm } from '../algorithms.ts';
import { encodeChain } from '../certificate-chain.ts';
import { hasCapability } from '../capabilities.ts';
import {
  bytes24,
  Certificate,
  Challenge,
  ChallengeAuth,
  Digests,
  GetCertificate,
  GetMeasurements,
  LARGE,
  Measurements,
} from '../layout/authentication.ts';
import { encodeBlock, SUMMARY, summaryHash } from '../measurement.ts';
import { signedMessage, type SigningUse } from '../signing.ts';
import type { SlotIdentity } from './options.ts';
import { refuse, type Handler } from './reply.ts';
import type { Responder } from './responder.ts';

/** Offsets and lengths of CERTIFICATE are 16 bits wide but in the large form. */
const PORTION_MAX = 0xffff;
const CERTIFICATE_HEAD = 16;

/** Slots whose key fits the selected algorithm, ascending. */
function usableSlots({ options, connection }: Responder): [number, SlotIdentity][] {
  const { suite } = connection;
  const all = [...options.slots].filter(([, { asym }]) => asym === suite?.asym?.name);
  return all.sort(([a], [b]) => a - b);
}

/** A slot with its chain as this connection has it. */
export function slotOf(
  responder: Responder,
  slot: number,
): { hash: HashAlgorithm; identity: SlotIdentity; chain: Uint8Array } | undefined {
  const { connection, crypto } = responder;
  const found = usableSlots(responder).find(([number]) => number === slot);
  if (!connection.hash || !found) return undefined;
  const [, identity] = found;
  const chain = encodeChain(crypto, connection.version, connection.hash, identity.certificates);
  return { hash: connection.hash, identity, chain };
}

/** Signs a transcript by the key of a slot. */
export function signFor(
  { connection, crypto }: Responder,
  identity: SlotIdentity,
  hash: HashAlgorithm,
  use: SigningUse,
  transcript: Uint8Array,
): Uint8Array {
  return identity.sign(signedMessage(crypto, connection.version, hash, use, transcript), hash.name);
}

const maskOf = (slots: readonly [number, unknown][]): number =>
  slots.reduce((mask, [slot]) => mask | (1 << slot), 0);

export const answerDigests: Handler = ({ responder }) => {
  const { connection } = responder;
  const slots = usableSlots(responder);
  const digests = slots.map(([slot]) =>
    connection.digestOf(slotOf(responder, slot)?.chain ?? new Uint8Array(0)),
  );
  const response = encode(Digests(connection.context()), {
    ...{ version: connection.version, code: 0x01, param2: maskOf(slots) },
    param1: connection.version >= 0x13 ? maskOf([...responder.options.slots]) : 0,
    digests,
    keyPairIds: Uint8Array.from(connection.suite?.multiKey ? slots : [], ([slot]) => slot + 1),
    certificateInfo: Uint8Array.from(connection.suite?.multiKey ? slots : [], () => 1),
    keyUsage: connection.suite?.multiKey ? slots.map(() => 0x0f) : [],
  });
  return { response };
};

export const answerCertificate: Handler = ({ responder, request }) => {
  const { connection } = responder;
  const { value } = decode(GetCertificate(connection.context()), request);
  const slot = slotOf(responder, (value?.param1 ?? 0) & 15);
  if (!value || !slot) return refuse('InvalidRequest');
  const large = connection.version >= 0x14 && (value.param1 & LARGE) !== 0;
  if (large && !connection.both('LARGE_RESP')) return refuse('InvalidRequest');
  const { chain } = slot;
  const offset = value.offset + value.largeOffset;
  const onlySize = connection.version >= 0x13 && (value.param2 & 1) === 1;
  if (offset >= chain.length && !onlySize) return refuse('InvalidRequest');
  const wanted = onlySize ? 0 : value.length + value.largeLength;
  const fits = connection.both('CHUNK') ? Infinity : responder.transferSize - CERTIFICATE_HEAD;
  const most = Math.min(large ? Infinity : PORTION_MAX, Math.max(1, fits));
  const part = chain.subarray(offset, offset + Math.min(wanted, most));
  const remainder = onlySize ? chain.length : chain.length - offset - part.length;
  const response = encode(Certificate(connection.context(request)), {
    ...{ version: connection.version, code: 0x02, param1: value.param1 & (LARGE | 15) },
    param2: connection.suite?.multiKey ? 1 : 0,
    portion: large ? 0 : part.length,
    remainder: large ? 0 : Math.min(remainder, PORTION_MAX),
    largePortion: large ? part.length : 0,
    largeRemainder: large ? remainder : 0,
    chain: part,
  });
  return { response };
};

/** Whether a summary can be asked for. */
export const summaryKnown = ({ connection }: Responder, kind: number): boolean => {
  const { flags = 0 } = connection.responder ?? {};
  const measures = hasCapability(flags, 'MEAS_SIG') || hasCapability(flags, 'MEAS_NO_SIG');
  return kind === SUMMARY.NONE || (measures && (kind === SUMMARY.TCB || kind === SUMMARY.ALL));
};

/** The summary that a request asks for; no bytes for none. */
export function summaryOf({ crypto, options, connection }: Responder, kind: number): Uint8Array {
  if (kind === SUMMARY.NONE || !connection.hash) return new Uint8Array(0);
  return summaryHash(crypto, connection.hash, options.measurements?.() ?? [], kind);
}

export const answerChallenge: Handler = ({ responder, request }) => {
  const { connection } = responder;
  const { value } = decode(Challenge(connection.context()), request);
  const slot = slotOf(responder, value?.param1 ?? 0xff);
  if (!value || !slot || !summaryKnown(responder, value.param2)) return refuse('InvalidRequest');
  const unsigned = encode(ChallengeAuth({ ...connection.context(request), signatureSize: 0 }), {
    ...{ version: connection.version, code: 0x03, param1: value.param1 },
    param2: maskOf(usableSlots(responder)),
    chainHash: connection.digestOf(slot.chain),
    nonce: responder.options.random(32),
    summaryHash: summaryOf(responder, value.param2),
    ...{ opaqueLength: 0, opaque: new Uint8Array(0), requesterContext: value.requesterContext },
    signature: new Uint8Array(0),
  });
  const transcript = connection.challengeTranscript(request, unsigned);
  return {
    response: concat(unsigned, signFor(responder, slot.identity, slot.hash, 'challenge', transcript)),
  };
};

/** Bit 1 of param1 of GET_MEASUREMENTS. */
const WANT_RAW = 2;

export const answerMeasurements: Handler = ({ responder, request, session }) => {
  const { connection, crypto, options } = responder;
  const { hash } = connection;
  const { value } = decode(GetMeasurements(connection.context()), request);
  if (!value || !hash) return refuse('InvalidRequest');
  const sign = (value.param1 & 1) === 1;
  if (sign && !hasCapability(connection.responder?.flags ?? 0, 'MEAS_SIG')) return refuse('InvalidRequest');
  const slot = sign ? slotOf(responder, value.slot & 15) : undefined;
  const all = options.measurements?.() ?? [];
  const index = value.param2;
  const chosen = index === 0xff ? all : index === 0 ? [] : all.filter((one) => one.index === index);
  if ((sign && !slot) || (index !== 0 && index !== 0xff && chosen.length === 0))
    return refuse('InvalidRequest');
  const blocks = chosen.map((one) => encodeBlock(crypto, hash, one, (value.param1 & WANT_RAW) !== 0));
  const record = concatAll(blocks);
  const unsigned = encode(Measurements({ ...connection.context(request), signatureSize: 0 }), {
    ...{ version: connection.version, code: 0x60, param1: index === 0 ? all.length : 0 },
    param2: sign ? value.slot & 15 : 0,
    blocks: blocks.length,
    recordLength: bytes24(record.length),
    record,
    nonce: options.random(32),
    ...{ opaqueLength: 0, opaque: new Uint8Array(0), requesterContext: value.requesterContext },
    signature: new Uint8Array(0),
  });
  if (!slot) return { response: unsigned };
  const transcript = connection.measurementTranscript(request, unsigned, session?.log);
  const signature = signFor(responder, slot.identity, slot.hash, 'measurements', transcript);
  return { response: concat(unsigned, signature) };
};
