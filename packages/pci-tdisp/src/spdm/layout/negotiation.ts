/** Version, capabilities and algorithms. Spec: DSP0274. */
import { array, bytes, field, reserved, struct, u16le, u32le, u8 } from '@tsm/core/layout';
import { bare, header, SPEC, when, type MessageContext } from './context.ts';

export const GetVersion = struct('GetVersion', `${SPEC}, VERSION`, bare());

export const Version = struct('Version', `${SPEC}, VERSION`, {
  ...bare(),
  reserved: field(reserved(1), 'Reserved'),
  count: field(u8, 'Number of entries'),
  entries: field(array(u16le, 'count'), 'Major 15:12, minor 11:8, update 7:4, alpha 3:0'),
});

const flagFields = ({ version }: MessageContext) => ({
  ctExponent: field(when(version >= 0x11, u8, 0), 'Exponent of CT: longest cryptographic operation, 2^n µs'),
  extendedFlags: field(when(version >= 0x11, u16le, 0), 'Reserved; in 1.4 more flags'),
  flags: field(when(version >= 0x11, u32le, 0), 'Capability flags'),
  dataTransferSize: field(when(version >= 0x12, u32le, 0), 'Largest single transfer in bytes, at least 42'),
  maxMessageSize: field(when(version >= 0x12, u32le, 0), 'Largest message in bytes, chunked or not'),
});

export const GetCapabilities = (context: MessageContext) =>
  struct('GetCapabilities', `${SPEC}, CAPABILITIES`, {
    ...header('Bit 0 (1.3): also list the supported algorithms', 'Reserved'),
    reserved: field(when(context.version >= 0x11, reserved(1), new Uint8Array(1)), 'Reserved'),
    ...flagFields(context),
  });

const AlgorithmTable = struct('AlgorithmTable', `${SPEC}, ALGORITHMS`, {
  type: field(u8, '2 DHE, 3 AEAD, 4 requester signature, 5 key schedule, 6 and 7 post-quantum'),
  count: field(u8, 'Bits 7:4 bytes of the fixed algorithms; 3:0 number of external ones'),
  algorithms: field(u16le, 'Fixed algorithms'),
  external: field(
    array(u32le, ({ count }) => Number(count) & 15),
    'External algorithms',
  ),
});

const SupportedAlgorithms = (present: boolean) => ({
  tableCount: field(when(present, u8, 0), 'Supported algorithms: number of tables'),
  supportedReserved: field(when(present, reserved(1), new Uint8Array(1)), 'Reserved'),
  supportedLength: field(when(present, u16le, 0), 'Bytes of the block'),
  supported: field(
    bytes(({ supportedLength }) => Math.max(0, Number(supportedLength) - (present ? 4 : 0))),
    'The block, as in NEGOTIATE_ALGORITHMS',
  ),
});

export const Capabilities = (context: MessageContext) =>
  struct('Capabilities', `${SPEC}, CAPABILITIES`, {
    ...bare(),
    reserved: field(reserved(1), 'Reserved'),
    // A responder of 1.0 has its flags already.
    ...flagFields({ ...context, version: Math.max(context.version, 0x11) }),
    ...SupportedAlgorithms(context.version >= 0x13 && (context.requestParam1 & 1) === 1),
  });

export const NegotiateAlgorithms = struct('NegotiateAlgorithms', `${SPEC}, ALGORITHMS`, {
  ...header('Number of tables', 'Reserved'),
  length: field(u16le, 'Bytes of the whole message'),
  measurementSpecification: field(u8, 'Bit 0: DMTF'),
  otherParams: field(u8, 'Bits 3:0 opaque data format (1.2), bit 4 several keys (1.3)'),
  baseAsym: field(u32le, 'Signature algorithms of the responder'),
  baseHash: field(u32le, 'Hashes'),
  pqcAsym: field(u32le, 'Post-quantum signatures (1.4)'),
  reserved: field(reserved(8), 'Reserved'),
  extAsymCount: field(u8, 'Number of external signature algorithms'),
  extHashCount: field(u8, 'Number of external hashes'),
  reserved2: field(reserved(1), 'Reserved'),
  melSpecification: field(u8, 'Measurement extension log (1.3)'),
  extAsym: field(array(u32le, 'extAsymCount'), 'External signature algorithms'),
  extHash: field(array(u32le, 'extHashCount'), 'External hashes'),
  tables: field(array(AlgorithmTable, 'param1'), 'Further algorithms, by ascending type'),
});

export const Algorithms = struct('Algorithms', `${SPEC}, ALGORITHMS`, {
  ...header('Number of tables', 'Reserved'),
  length: field(u16le, 'Bytes of the whole message'),
  measurementSpecification: field(u8, 'Bit 0: DMTF'),
  otherParams: field(u8, 'As selected'),
  measurementHash: field(u32le, 'Hash of measurements; bit 0 raw only'),
  baseAsym: field(u32le, 'Signature algorithm of the responder'),
  baseHash: field(u32le, 'Hash'),
  pqcAsym: field(u32le, 'Post-quantum signature (1.4)'),
  reserved: field(reserved(7), 'Reserved'),
  melSpecification: field(u8, 'Measurement extension log (1.3)'),
  extAsymCount: field(u8, 'Number of external signature algorithms'),
  extHashCount: field(u8, 'Number of external hashes'),
  reserved2: field(reserved(2), 'Reserved'),
  extAsym: field(array(u32le, 'extAsymCount'), 'External signature algorithm'),
  extHash: field(array(u32le, 'extHashCount'), 'External hash'),
  tables: field(array(AlgorithmTable, 'param1'), 'Further algorithms as selected'),
});
