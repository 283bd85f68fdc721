/** IDE_KM and TDISP inside vendor-defined messages of PCI-SIG: name, details and layout of each. */
import { equalBytes } from '@tsm/core';
import { decode, flagNames, type Infer, type Layout } from '@tsm/core/layout';
import { placeOfByte } from '../ide-km/keys.ts';
import {
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  KP_STATUS,
} from '../ide-km/messages.ts';
import { versionText } from '../spdm/codes.ts';
import { VendorDefinedRequest } from '../spdm/layout/exchange.ts';
import { PCI_PROTOCOL, PCI_VENDOR } from '../spdm/session.ts';
import {
  LOCK_FLAG,
  nameOf,
  TDI_STATES,
  TDISP_ERROR,
  TDISP_ERROR_CODE,
  TDISP_MESSAGES,
  TDISP_REQUEST,
} from '../tdisp/codes.ts';
import type {
  TdispGetReport,
  TdispLock,
  TdispReportPortion,
  TdispState,
  TdispVersion,
} from '../tdisp/messages.ts';
import { TDISP_LAYOUTS, TdispError, TdispHeader } from '../tdisp/messages.ts';
import { hex, listed, type Words } from './words.ts';

/** A message of one of the two protocols. */
export interface PciMessage {
  /** `IDE_KM KEY_PROG`, `TDISP LOCK_INTERFACE_REQUEST`. */
  readonly name: string;
  /** `stream 0, K0 RX PR, port 0`; `''` when it cannot be read. */
  readonly words: string;
  /** Undefined for a code that is not known. */
  readonly layout: Layout<unknown> | undefined;
}

interface Row {
  readonly layout: Layout<unknown>;
  readonly words?: Words;
}

const port = ({ portIndex }: { portIndex: number }): string => `port ${String(portIndex)}`;
const stream = ({ streamId }: { streamId: number }): string => `stream ${String(streamId)}`;

function placeText(byte: number): string {
  const place = placeOfByte(byte);
  return place ? `K${String(place.keySet)} ${place.direction} ${place.subStream}` : `sub-stream ${hex(byte)}`;
}

const keyPlace = (value: Infer<typeof IdeKmKeySet>): string =>
  listed(stream(value), placeText(value.subStream), port(value));

const queryResponse = (value: Infer<typeof IdeKmQueryResponse>): string =>
  listed(port(value), `the highest is ${String(value.maxPortIndex)}`);

const keyProgAck = (value: Infer<typeof IdeKmKeyProgAck>): string =>
  listed(nameOf(KP_STATUS, value.status), stream(value), placeText(value.subStream), port(value));

const IDE_KM_ROWS: ReadonlyMap<number, Row> = new Map<number, Row>([
  [IDE_KM.QUERY, { layout: IdeKmQuery, words: port }],
  [IDE_KM.QUERY_RESP, { layout: IdeKmQueryResponse, words: queryResponse }],
  [IDE_KM.KEY_PROG, { layout: IdeKmKeyProg, words: keyPlace }],
  [IDE_KM.KP_ACK, { layout: IdeKmKeyProgAck, words: keyProgAck }],
  ...[IDE_KM.K_SET_GO, IDE_KM.K_SET_STOP, IDE_KM.K_GOSTOP_ACK].map((id): [number, Row] => {
    return [id, { layout: IdeKmKeySet, words: keyPlace }];
  }),
]);

const versions = ({ versions: all }: Infer<typeof TdispVersion>): string =>
  [...all].map(versionText).join(', ');
const lock = (value: Infer<typeof TdispLock>): string =>
  listed(stream(value), flagNames(LOCK_FLAG, value.flags).join(' '));
const getReport = ({ offset, length }: Infer<typeof TdispGetReport>): string =>
  `${String(length)} bytes from ${String(offset)}`;
const report = ({ portionLength, remainder }: Infer<typeof TdispReportPortion>): string =>
  listed(`${String(portionLength)} bytes`, remainder === 0 ? 'the last' : `${String(remainder)} left`);
const state = ({ state: value }: Infer<typeof TdispState>): string => TDI_STATES[value] ?? hex(value);
const error = ({ errorCode, errorData }: Infer<typeof TdispError>): string =>
  listed(nameOf(TDISP_ERROR, errorCode), errorData !== 0 && `data ${hex(errorData)}`);

/** What a message says beside its interface. */
const TDISP_WORDS: ReadonlyMap<number, Words> = new Map<number, Words>([
  [TDISP_REQUEST.GET_TDISP_VERSION & 0x7f, versions],
  [TDISP_REQUEST.LOCK_INTERFACE, lock],
  [TDISP_REQUEST.GET_DEVICE_INTERFACE_REPORT, getReport],
  [TDISP_REQUEST.GET_DEVICE_INTERFACE_REPORT & 0x7f, report],
  [TDISP_REQUEST.GET_DEVICE_INTERFACE_STATE & 0x7f, state],
  [TDISP_REQUEST.BIND_P2P_STREAM, stream],
  [TDISP_REQUEST.UNBIND_P2P_STREAM, stream],
  [TDISP_ERROR_CODE, error],
]);

function tdispLayout(type: number): Layout<unknown> | undefined {
  if (type === TDISP_ERROR_CODE) return TdispError;
  const entry = Object.entries(TDISP_REQUEST).find(([, code]) => code === (type | 0x80));
  const pair = entry && TDISP_LAYOUTS[entry[0] as keyof typeof TDISP_REQUEST];
  return type >= 0x80 ? pair?.request : pair?.response;
}

function readIdeKm(message: Uint8Array): PciMessage {
  const [id = 0] = message;
  const { layout, words } = IDE_KM_ROWS.get(id) ?? {};
  const value = layout && decode(layout, message).value;
  return {
    name: `IDE_KM ${nameOf(IDE_KM, id)}`,
    words: value ? (words?.(value as never) ?? '') : '',
    layout,
  };
}

function readTdisp(message: Uint8Array): PciMessage {
  const [, type = 0] = message;
  const layout = tdispLayout(type);
  const header = decode(TdispHeader, message).value;
  const value = layout && decode(layout, message).value;
  const more = value ? TDISP_WORDS.get(type)?.(value as never) : undefined;
  const words = header ? listed(more, `interface ${hex(header.functionId, 4)}`) : '';
  return { name: `TDISP ${TDISP_MESSAGES.get(type) ?? hex(type)}`, words, layout };
}

/** The content of a vendor-defined message; undefined where it is another vendor's, or another protocol's. */
export function readPciMessage(
  standardId: number,
  vendorId: Uint8Array,
  payload: Uint8Array,
): PciMessage | undefined {
  if (standardId !== PCI_VENDOR.standardId || !equalBytes(vendorId, PCI_VENDOR.vendorId)) return undefined;
  const [protocol] = payload;
  if (protocol === PCI_PROTOCOL.IDE_KM) return readIdeKm(payload.subarray(1));
  return protocol === PCI_PROTOCOL.TDISP ? readTdisp(payload.subarray(1)) : undefined;
}

const VENDOR_DEFINED = [0xfe, 0x7e];

/** `IDE_KM KEY_PROG`, `TDISP LOCK_INTERFACE_REQUEST`; undefined for any other SPDM message. */
export function pciMessageName(message: Uint8Array): string | undefined {
  const { value } = decode(VendorDefinedRequest, message);
  if (!VENDOR_DEFINED.includes(message[1] ?? 0) || !value) return undefined;
  return readPciMessage(value.standardId, value.vendorId, value.payload)?.name;
}
