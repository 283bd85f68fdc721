/** Digests, certificates, challenge and measurements. Spec: DSP0274. */
import {
  array,
  bytes,
  choice,
  field,
  reserved,
  struct,
  u16le,
  u32le,
  u8,
  type Codec,
} from '@tsm/core/layout';
import { bare, header, SPEC, when, type MessageContext } from './context.ts';

const bits = (mask: number): number => {
  let count = 0;
  for (let left = mask & 0xff; left !== 0; left &= left - 1) count++;
  return count;
};
const slots = ({ param2 }: Readonly<Record<string, unknown>>): number => bits(Number(param2));

export const GetDigests = struct('GetDigests', `${SPEC}, DIGESTS`, bare());

export const Digests = ({ hashSize, multiKey }: MessageContext) =>
  struct('Digests', `${SPEC}, DIGESTS`, {
    ...header('Supported slots (1.3)', 'Provisioned slots'),
    digests: field(array(bytes(hashSize), slots), 'Hash of the certificate chain, a provisioned slot each'),
    keyPairIds: field(
      bytes((row) => (multiKey ? slots(row) : 0)),
      'Key pair of each slot',
    ),
    certificateInfo: field(
      bytes((row) => (multiKey ? slots(row) : 0)),
      'Certificate model of each slot',
    ),
    keyUsage: field(
      array(u16le, (row) => (multiKey ? slots(row) : 0)),
      'Key usage of each slot',
    ),
  });

/** Bit 7 of param1 (1.4): offset and length are 32 bits wide, after two zeros where they were. */
export const LARGE = 0x80;

const bySize = (context: MessageContext): Codec<number> =>
  choice('param1', ({ param1 }) =>
    context.version >= 0x14 && (Number(param1) & LARGE) !== 0 ? u32le : when(false, u32le, 0),
  );

export const GetCertificate = (context: MessageContext) =>
  struct('GetCertificate', `${SPEC}, CERTIFICATE`, {
    ...header('Bits 3:0 slot; bit 7 large (1.4)', 'Bit 0 (1.3): only the size'),
    offset: field(u16le, 'First byte wanted; 0 in the large form'),
    length: field(u16le, 'Bytes wanted; 0 in the large form'),
    largeOffset: field(bySize(context), 'First byte wanted'),
    largeLength: field(bySize(context), 'Bytes wanted'),
  });

export const Certificate = (context: MessageContext) =>
  struct('Certificate', `${SPEC}, CERTIFICATE`, {
    ...header('Bits 3:0 slot; bit 7 large (1.4)', 'Certificate model (1.3)'),
    portion: field(u16le, 'Bytes in this message; 0 in the large form'),
    remainder: field(u16le, 'Bytes after them; 0 in the large form'),
    largePortion: field(bySize(context), 'Bytes in this message'),
    largeRemainder: field(bySize(context), 'Bytes after them'),
    chain: field(
      bytes(({ portion, largePortion }) => Number(portion) + Number(largePortion)),
      'This part of the certificate chain',
    ),
  });

const contextField = ({ version }: MessageContext) =>
  field(bytes(version >= 0x13 ? 8 : 0), 'RequesterContext (1.3)');

export const Challenge = (context: MessageContext) =>
  struct('Challenge', `${SPEC}, CHALLENGE`, {
    ...header('Slot', 'Summary: 0 none, 1 TCB, ff all'),
    nonce: field(bytes(32), 'Nonce of the requester'),
    requesterContext: contextField(context),
  });

export const ChallengeAuth = (context: MessageContext) =>
  struct('ChallengeAuth', `${SPEC}, CHALLENGE`, {
    ...header('Bits 3:0 slot; bit 7 basic mutual authentication (1.1)', 'Provisioned slots'),
    chainHash: field(bytes(context.hashSize), 'Hash of the certificate chain'),
    nonce: field(bytes(32), 'Nonce of the responder'),
    summaryHash: field(bytes(context.requestParam2 === 0 ? 0 : context.hashSize), 'Hash over measurements'),
    opaqueLength: field(u16le, 'Bytes of the opaque data'),
    opaque: field(bytes('opaqueLength'), 'Opaque data'),
    requesterContext: contextField(context),
    signature: field(bytes(context.signatureSize), 'Over M1/M2'),
  });

/** Bit 0 of param1 of GET_MEASUREMENTS: sign. */
export const SIGN = 1;

export const GetMeasurements = (context: MessageContext) => {
  const signed = ({ param1 }: Readonly<Record<string, unknown>>): boolean => (Number(param1) & SIGN) !== 0;
  return struct('GetMeasurements', `${SPEC}, MEASUREMENTS`, {
    ...header('Bit 0 sign, 1 raw, 2 new', 'Index; 0 the count, ff all'),
    nonce: field(
      bytes((row) => (signed(row) ? 32 : 0)),
      'Nonce of the requester, with a signature only',
    ),
    slot: field(
      choice('param1', (row) => when(signed(row) && context.version >= 0x11, u8, 0)),
      'Slot of the signature',
    ),
    requesterContext: contextField(context),
  });
};

export const Measurements = (context: MessageContext) =>
  struct('Measurements', `${SPEC}, MEASUREMENTS`, {
    ...header('Number of measurements, where that was asked', 'Bits 3:0 slot; 5:4 content changed (1.2)'),
    blocks: field(u8, 'Number of blocks'),
    recordLength: field(bytes(3), 'Bytes of the record, little-endian'),
    record: field(
      bytes(({ recordLength }) => int24(recordLength as Uint8Array)),
      'Measurement blocks',
    ),
    nonce: field(bytes(32), 'Nonce of the responder'),
    opaqueLength: field(u16le, 'Bytes of the opaque data'),
    opaque: field(bytes('opaqueLength'), 'Opaque data'),
    requesterContext: contextField(context),
    signature: field(bytes((context.requestParam1 & SIGN) === 0 ? 0 : context.signatureSize), 'Over L1/L2'),
  });

const int24 = ([low = 0, middle = 0, high = 0]: Uint8Array): number => low | (middle << 8) | (high << 16);

export const bytes24 = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16);

/** DMTFSpecMeasurementValue in a measurement block. */
export const MeasurementBlock = struct('MeasurementBlock', `${SPEC}, measurement blocks`, {
  index: field(u8, 'Index, 1 to ef; fd manifest, fe device mode'),
  specification: field(u8, 'Bit 0: DMTF'),
  size: field(u16le, 'Bytes after this field'),
  valueType: field(u8, 'Bits 6:0 type; bit 7 raw bits, else a digest'),
  valueSize: field(u16le, 'Bytes of the value'),
  value: field(bytes('valueSize'), 'The value'),
});

/** The certificate chain of a slot: what DIGESTS are digests of. */
export const CertificateChain = ({ version, hashSize }: MessageContext) =>
  struct('CertificateChain', `${SPEC}, certificate chains`, {
    length: field(version >= 0x14 ? u32le : u16le, 'Bytes of the whole'),
    reserved: field(reserved(version >= 0x14 ? 0 : 2), 'Reserved'),
    rootHash: field(bytes(hashSize), 'Hash of the root certificate'),
    certificates: field(
      bytes(({ length }) => Math.max(0, Number(length) - 4 - hashSize)),
      'Certificates, DER, root first',
    ),
  });
