/** The responder's side of version, capabilities and algorithms. */
import { decode, encode } from '@tsm/core/layout';
import {
  AEADS,
  ALG_TYPE,
  ASYMS,
  choose,
  DHES,
  HASHES,
  measurementHashBit,
  named,
  type AsymAlgorithm,
} from '../algorithms.ts';
import { badFlags, capabilityMask, flagsOfVersion, hasCapability } from '../capabilities.ts';
import {
  Algorithms,
  Capabilities,
  GetCapabilities,
  NegotiateAlgorithms,
  Version,
} from '../layout/negotiation.ts';
import { MULTI_KEY_CONN, OPAQUE_FORMAT_1 } from '../negotiated.ts';
import { DATA_TRANSFER_SIZE, MAX_MESSAGE_SIZE, MIN_TRANSFER, RESPONDER_CAPABILITIES } from './options.ts';
import { refuse, type Handler } from './reply.ts';

const zeros = (size: number): Uint8Array => new Uint8Array(size);

export const answerVersion: Handler = ({ responder }) => {
  responder.endAll();
  const entries = responder.versions.map((version) => version << 8);
  const response = encode(Version, {
    ...{ version: 0x10, code: 0x04, param1: 0, param2: 0 },
    reserved: zeros(1),
    count: entries.length,
    entries,
  });
  return { response };
};

export const answerCapabilities: Handler = ({ responder, request }) => {
  const { connection, options } = responder;
  const [version = 0] = request;
  const context = { ...connection.context(), version };
  const { value } = decode(GetCapabilities(context), request);
  if (!value || badFlags(value.flags, version, 'requester')) return refuse('InvalidRequest');
  const { dataTransferSize, maxMessageSize } = value;
  if (version >= 0x12 && (dataTransferSize < MIN_TRANSFER || maxMessageSize < dataTransferSize))
    return refuse('InvalidRequest');
  const flags = flagsOfVersion(capabilityMask(options.capabilities ?? RESPONDER_CAPABILITIES), version);
  const response = encode(Capabilities({ ...context, requestParam1: 0 }), {
    ...{ version, code: 0x61, param1: 0, param2: 0 },
    reserved: zeros(1),
    ctExponent: 0,
    extendedFlags: 0,
    flags,
    dataTransferSize: options.dataTransferSize ?? DATA_TRANSFER_SIZE,
    maxMessageSize: options.maxMessageSize ?? MAX_MESSAGE_SIZE,
    ...{ tableCount: 0, supportedReserved: zeros(1), supportedLength: 0, supported: zeros(0) },
  });
  return { response };
};

const bitOf = (entry: { readonly bit: number } | undefined): number => (entry ? (1 << entry.bit) >>> 0 : 0);

export const answerAlgorithms: Handler = ({ responder, request }) => {
  const { connection, options } = responder;
  const { value } = decode(NegotiateAlgorithms, request);
  if (value?.length !== request.length) return refuse('InvalidRequest');
  const { version } = connection;
  const names = options.algorithms ?? {};
  const ours = <E extends { name: string }>(table: readonly E[], wanted: readonly string[] | undefined) =>
    wanted ? named(table as never, wanted) : table;
  const offered = new Map(value.tables.map(({ type, algorithms }) => [type, algorithms]));
  const slots = [...options.slots.values()].map(({ asym }) => asym);
  const asyms = named(ASYMS, names.asyms ?? [...new Set(slots)]).filter(({ since }) => version >= since);
  const hash = choose(ours(HASHES, names.hashes) as typeof HASHES, value.baseHash);
  const asym: AsymAlgorithm | undefined = choose(asyms, value.baseAsym);
  const flags = connection.responder?.flags ?? 0;
  const needsHash = ['CERT', 'CHAL', 'MEAS_SIG', 'KEY_EX', 'PSK', 'PSK_WITH_CONTEXT'] as const;
  if (!hash && needsHash.some((name) => hasCapability(flags, name))) return refuse('InvalidRequest');
  if (!asym && hasCapability(flags, 'CERT')) return refuse('InvalidRequest');
  const mutual = connection.both('MUT_AUTH') && options.mutualAuth !== undefined;
  const selection: ReadonlyMap<number, number> = new Map([
    [ALG_TYPE.DHE, bitOf(choose(ours(DHES, names.dhes) as typeof DHES, offered.get(ALG_TYPE.DHE) ?? 0))],
    [ALG_TYPE.AEAD, bitOf(choose(ours(AEADS, names.aeads) as typeof AEADS, offered.get(ALG_TYPE.AEAD) ?? 0))],
    [ALG_TYPE.REQ_BASE_ASYM, mutual ? bitOf(choose(ASYMS, offered.get(ALG_TYPE.REQ_BASE_ASYM) ?? 0)) : 0],
    [ALG_TYPE.KEY_SCHEDULE, (offered.get(ALG_TYPE.KEY_SCHEDULE) ?? 0) & 1],
  ]);
  const tables = [...selection]
    .filter(([type]) => offered.has(type))
    .map(([type, algorithms]) => ({ type, count: 0x20, algorithms, external: [] }));
  const measures = hasCapability(flags, 'MEAS_SIG') || hasCapability(flags, 'MEAS_NO_SIG');
  const multiKey = version >= 0x13 && hasCapability(connection.requester?.flags ?? 0, 'MULTI_KEY_ONLY');
  const response = encode(Algorithms, {
    ...{ version, code: 0x63, param1: tables.length, param2: 0 },
    length: 36 + 4 * tables.length,
    measurementSpecification: measures ? value.measurementSpecification & 1 : 0,
    otherParams:
      (version >= 0x12 ? value.otherParams & OPAQUE_FORMAT_1 : 0) | (multiKey ? MULTI_KEY_CONN : 0),
    measurementHash: measures && hash ? (1 << measurementHashBit(hash)) >>> 0 : 0,
    baseAsym: bitOf(asym),
    baseHash: bitOf(hash),
    ...{ pqcAsym: 0, reserved: zeros(7), melSpecification: 0, extAsymCount: 0, extHashCount: 0 },
    ...{ reserved2: zeros(2), extAsym: [], extHash: [], tables },
  });
  return { response };
};
