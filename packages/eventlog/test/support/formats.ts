/** One small log of each format beside the TCG's and the text log, made by our own encoders. */
import { ALGORITHMS, concat, fromHex, utf8Bytes, type AlgorithmName } from '@tsm/core';
import {
  contentTlv,
  dstackEvent,
  encodeCelCbor,
  encodeCelJson,
  encodeCelTlv,
  encodeDstackLines,
  encodeDstackLog,
  encodeImaAscii,
  encodeImaBinary,
  encodeSystemdLog,
  encodeTrustAuthorityLog,
  type CelContent,
  type CelIndex,
  type CelRecord,
  type DstackEvent,
  type ImaEvent,
  type TrustAuthorityEvent,
} from '../../src/index.ts';
import { nodeDigests, words } from './logs.ts';

const hash = (name: AlgorithmName, bytes: Uint8Array): Uint8Array => nodeDigests.digest(name, bytes);

/** Digests of these bytes in the banks. */
export const digestsOf = (bytes: Uint8Array, ...banks: readonly AlgorithmName[]): CelRecord['digests'] =>
  banks.map((name) => ({ tcgId: ALGORITHMS[name].tcgId, digest: hash(name, bytes) }));

/** A record with digests of `measured`, or of the content TLV. */
export function celRecord(
  recnum: number | undefined,
  index: CelIndex,
  contentType: string,
  content: CelContent,
  measured = contentTlv(contentType, content),
): CelRecord {
  const digests = digestsOf(measured, 'sha256', 'sha384');
  return { ...(recnum === undefined ? {} : { recnum }), index, digests, contentType, content };
}

const pcr = (value: number): CelIndex => ({ kind: 'pcr', value });
const text = utf8Bytes;

/** Template data of `ima-ng`. */
export function ngData(name: string, digest: Uint8Array): Uint8Array {
  const file = concat(text('sha256:\0'), digest);
  const path = text(`${name}\0`);
  return concat(words(file.length), file, words(path.length), path);
}
const FILE = hash('sha256', text('file'));
const TEMPLATE = ngData('/usr/bin/env', FILE);

export const CEL: readonly CelRecord[] = [
  celRecord(0, pcr(0), 'cel', { type: 1, data: new Uint8Array(4) }),
  celRecord(1, pcr(4), 'pcclient_std', { type: 5, data: text('an action') }, text('an action')),
  celRecord(2, pcr(10), 'ima_template', { name: 'ima-ng', data: TEMPLATE }, TEMPLATE),
  celRecord(3, pcr(10), 'ima_tlv', { data: Uint8Array.of(0, 0, 0, 0, 1, 65) }),
  celRecord(
    4,
    { kind: 'nv_index', value: 0x01d1_0200 },
    'systemd',
    {
      data: text('{"string":"a:b","eventType":"phase"}'),
    },
    text('a:b'),
  ),
  celRecord(5, pcr(13), 'cos', { type: 8, data: new Uint8Array(0) }),
  celRecord(6, pcr(13), '42', { data: text('private') }),
];

const systemd = (word: string, eventType: string, number: number): CelRecord =>
  celRecord(
    undefined,
    pcr(number),
    'systemd',
    { data: text(JSON.stringify({ string: word, bootId: 'f'.repeat(32), timestamp: 12_345, eventType })) },
    text(word),
  );
export const SYSTEMD: readonly CelRecord[] = [
  systemd('enter-initrd', 'phase', 11),
  systemd('machine-id:0123', 'machine-id', 15),
  { ...systemd('cryptsetup:root', 'volume-key', 15), digests: digestsOf(text('a secret'), 'sha256') },
];

/** Template data with these fields. */
export const templateData = (...fields: readonly Uint8Array[]): Uint8Array =>
  concat(...fields.flatMap((field) => [words(field.length), field]));

const entry = (template: string, data: Uint8Array): ImaEvent => ({
  ...{ register: 10, template, hash: hash('sha1', data), data },
});
const D = concat(text('sha256:\0'), FILE);
const D2 = concat(text('verity:sha256:\0'), FILE);
const N = text('/bin/sh\0');
const SIG = fromHex('0302041234567890')!;
const FIRST = concat(hash('sha1', text('file')), text('/bin/true'), new Uint8Array(256 - 9));

/** Every template that is known. */
export const IMA: readonly ImaEvent[] = [
  entry(
    'ima-ng',
    templateData(concat(text('sha1:\0'), hash('sha1', text('boot'))), text('boot_aggregate\0')),
  ),
  entry('ima', FIRST),
  entry('ima-ng', templateData(D, text('/a name with blanks\0'))),
  entry('ima-sig', templateData(D, N, SIG)),
  entry('ima-sig', templateData(D, N, new Uint8Array(0))),
  entry('ima-buf', templateData(D, N, Uint8Array.of(1, 2, 3))),
  entry('ima-modsig', templateData(D, N, SIG, D, Uint8Array.of(9, 9))),
  entry('ima-modsig', templateData(D, N, new Uint8Array(0), new Uint8Array(0), new Uint8Array(0))),
  entry('ima-ngv2', templateData(D2, N)),
  entry('ima-sigv2', templateData(D2, N, SIG)),
  entry(
    'evm-sig',
    templateData(
      ...[D, N, SIG, text('security.ima|user.x\0'), words(4, 5), Uint8Array.of(1, 2, 3, 4, 5)],
      ...[words(1000), words(100), Uint8Array.of(0xed, 0x81)],
    ),
  ),
];

export const DSTACK: readonly DstackEvent[] = [
  { imr: 0, eventType: 4, digest: hash('sha384', words(0)), event: '', payload: words(0) },
  {
    imr: 1,
    eventType: 0x8000_0003,
    digest: hash('sha384', text('image')),
    event: '',
    payload: new Uint8Array(0),
  },
  dstackEvent('app-id', Uint8Array.of(1, 2, 3), nodeDigests),
  dstackEvent('key-provider', text('{"name":"kms"}'), nodeDigests, 2),
];
export const DSTACK_LINES: readonly DstackEvent[] = [
  { imr: 3, eventType: 0x0800_0001, event: 'system-preparing', payload: new Uint8Array(0) },
  { imr: 3, eventType: 0x0800_0001, event: 'app-id', payload: Uint8Array.of(1, 2, 3), version: 2 },
];

const authority = (rtmr: number, typeId: number, word: string): TrustAuthorityEvent => ({
  ...{
    rtmr,
    algorithm: 'sha384',
    typeId,
    typeName: 'EV_X',
    tags: [word],
    measurement: hash('sha384', text(word)),
  },
});
export const AUTHORITY: readonly TrustAuthorityEvent[] = [
  authority(0, 4, 'separator'),
  authority(0, 0x8000_0001, 'SecureBoot'),
  authority(2, 5, 'kernel'),
];

/** The logs by name. */
export const LOGS = {
  'cel-tlv': encodeCelTlv(CEL),
  'cel-json': encodeCelJson(CEL),
  'cel-cbor': encodeCelCbor(CEL),
  'cel-cbor, sequence': encodeCelCbor(CEL, 'sequence'),
  'systemd-json': encodeSystemdLog(SYSTEMD),
  'ima-ascii': encodeImaAscii(IMA),
  'ima-binary': encodeImaBinary(IMA),
  'dstack-json': encodeDstackLog(DSTACK),
  'dstack-json, lines': encodeDstackLines(DSTACK_LINES),
  'trust-authority-json': encodeTrustAuthorityLog(AUTHORITY),
} as const;
