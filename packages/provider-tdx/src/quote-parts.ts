/** The parts of a quote by their offsets: what a verifier reads of each of a fleet's quotes. A test holds it equal to the layout tables. */
import { sizeOf } from '@tsm/core/layout';
import { BODY_TYPE, KEY_TYPE, TdQuoteBody10, TdQuoteBody15, TEE_TYPE } from './layout/quote.ts';
import { CERTIFICATION } from './layout/certification-data.ts';
import { SgxReportBody } from './layout/sgx-report.ts';

/** Bytes of the quote, and where they stand in it. The bytes are a view. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export interface QuoteParts {
  readonly version: 4 | 5;
  readonly tdVersion: '1.0' | '1.5';
  readonly qeVendorId: Part;
  /** What the attestation key signs: header to body. */
  readonly signed: Part;
  /** The TD report, 584 or 648 bytes. */
  readonly body: Part;
  readonly signature: Part;
  /** x‖y */
  readonly attestationKey: Part;
  /** What certifies the attestation key, with the key: all that quotes of one platform have in common. */
  readonly certified: Part;
  readonly qeReport: Part;
  readonly qeReportSignature: Part;
  readonly qeAuthData: Part;
  /** Type of the inner certification data, and the data. */
  readonly pckType: number;
  readonly pckData: Part;
  /** Bytes after the quote. */
  readonly trailing: number;
}

/** Of a quote of any version; version 3 reads the reserved bytes otherwise. */
const HEADER = 48;
const QE_REPORT = sizeOf(SgxReportBody);
const SIGNATURE = 64;
const KEY = 64;
const BODY_SIZES: Readonly<Record<number, number>> = {
  [BODY_TYPE.TD_1_0]: sizeOf(TdQuoteBody10),
  [BODY_TYPE.TD_1_5]: sizeOf(TdQuoteBody15),
};

/** Reads on from an offset; what is not there is undefined, and so is all after it. */
class PartReader {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes = bytes;
    this.at = at;
    this.end = bytes.length;
  }

  take(size: number | undefined): Part | undefined {
    const offset = this.at;
    if (size === undefined || offset + size > this.end) {
      this.end = -1;
      return undefined;
    }
    this.at += size;
    return { bytes: this.bytes.subarray(offset, this.at), offset };
  }

  u16(): number | undefined {
    const part = this.take(2);
    return part && this.view.getUint16(part.offset, true);
  }

  u32(): number | undefined {
    const part = this.take(4);
    return part && this.view.getUint32(part.offset, true);
  }

  /** Nothing after `size` more bytes is read. Returns that end; undefined when it lies outside. */
  window(size: number | undefined): number | undefined {
    if (size === undefined || this.at + size > this.end) return undefined;
    this.end = this.at + size;
    return this.end;
  }

  get done(): boolean {
    return this.at === this.end;
  }
}

/** Size of the body, and where it starts; undefined for a body that is not a TD's. */
function bodyPlace(version: number, reader: PartReader): { type: number; size: number } | undefined {
  const type = version === 4 ? BODY_TYPE.TD_1_0 : reader.u16();
  const size = BODY_SIZES[type ?? 0];
  if (type === undefined || size === undefined) return undefined;
  return version === 5 && reader.u32() !== size ? undefined : { type, size };
}

/** Undefined for anything but a whole TDX quote of version 4 or 5 with a P-256 key: decode it to see what is wrong. */
export function readQuoteParts(bytes: Uint8Array): QuoteParts | undefined {
  const start = new PartReader(bytes, 0);
  const [version, keyType, teeType] = [start.u16(), start.u16(), start.u32()];
  if (version !== 4 && version !== 5) return undefined;
  if (keyType !== KEY_TYPE.ECDSA_P256 || teeType !== TEE_TYPE.TDX) return undefined;
  start.take(4);
  const qeVendorId = start.take(16);

  const reader = new PartReader(bytes, HEADER);
  const place = bodyPlace(version, reader);
  const body = reader.take(place?.size);
  const signedEnd = reader.at;
  const authEnd = reader.window(reader.u32());
  const signature = reader.take(SIGNATURE);
  const certifiedStart = reader.at;
  const attestationKey = reader.take(KEY);
  if (reader.u16() !== CERTIFICATION.QE_REPORT || reader.window(reader.u32()) !== authEnd) return undefined;
  const qeReport = reader.take(QE_REPORT);
  const qeReportSignature = reader.take(SIGNATURE);
  const qeAuthData = reader.take(reader.u16());
  const pckType = reader.u16();
  const pckData = reader.take(reader.u32());
  if (!place || !qeVendorId || !body || !signature || !attestationKey || authEnd === undefined)
    return undefined;
  if (!qeReport || !qeReportSignature || !qeAuthData || pckType === undefined || !pckData) return undefined;
  if (!reader.done) return undefined;
  return {
    ...{ version, qeVendorId, body, signature, attestationKey, qeReport, qeReportSignature, qeAuthData },
    tdVersion: place.type === BODY_TYPE.TD_1_0 ? '1.0' : '1.5',
    signed: { bytes: bytes.subarray(0, signedEnd), offset: 0 },
    certified: { bytes: bytes.subarray(certifiedStart, authEnd), offset: certifiedStart },
    ...{ pckType, pckData, trailing: bytes.length - authEnd },
  };
}
