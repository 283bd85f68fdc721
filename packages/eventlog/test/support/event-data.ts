/** Event data made by our own encoders, one or more of every structure, and what its decode must say. */
import { createHash } from 'node:crypto';
import { concat, createDigests, latin1Bytes, utf16Bytes, utf8Bytes, type Digests } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { NODE_KINDS } from '../../src/event-data/device-path/nodes.ts';
import { DEVICE_PATH_HEADER } from '../../src/event-data/device-path/node.ts';
import { decodeContent } from '../../src/event-data/decode.ts';
import { EFI_SIGNATURE_DATA, EFI_SIGNATURE_LIST } from '../../src/event-data/signatures.ts';
import { EFI_LOAD_OPTION, UEFI_VARIABLE_DATA } from '../../src/event-data/uefi-variable.ts';
import { EVENT_TYPES } from '../../src/event-types.ts';
import type { EventContent } from '../../src/event-data/content.ts';

/** Where the data of fixtures stands in an imagined log. */
export const PLACE = { offset: 0x1000, path: 'events[7].event' };

export const GUID = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
export const OWNER = '77fa9abd-0359-4d32-bd60-28f4e78f784b';

/** Noble's digests, and SM3 from Node. */
export const digests: Digests = createDigests({
  sm3: { hash: (bytes) => new Uint8Array(createHash('sm3').update(bytes).digest()) },
});

/** Id of an event type by its name. */
export function typeOf(name: string): number {
  const found = EVENT_TYPES.find((type) => type.name === name);
  if (!found) throw new Error(`no event type ${name}`);
  return found.value;
}

export function contentOf(name: string, data: Uint8Array): EventContent {
  return decodeContent(typeOf(name), data, PLACE);
}

export const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const zeros = (count: number): Uint8Array => new Uint8Array(count);
export const nul = (text: string): Uint8Array => latin1Bytes(`${text}\0`);
export const wide = (text: string): Uint8Array => utf16Bytes(`${text}\0`);

/** A signature field: text padded with NULs to 16 bytes. */
export const signature = (text: string): string => text.padEnd(16, '\0');

/** A device path node around its data. */
export function node(type: number, subType: number, data: Uint8Array = zeros(0)): Uint8Array {
  return concat(encode(DEVICE_PATH_HEADER, { type, subType, length: 4 + data.length }), data);
}

/** A device path node from the fields of its table. */
export function typedNode(type: number, subType: number, fields: unknown): Uint8Array {
  const kind = NODE_KINDS.find((one) => one.type === type && one.subType === subType);
  if (!kind) throw new Error(`no node kind ${String(type)},${String(subType)}`);
  return node(type, subType, encode(kind.layout, fields));
}

export const END = node(0x7f, 0xff);
export const file = (path: string): Uint8Array => typedNode(4, 4, { pathName: wide(path) });

/** PciRoot(0x0)/Pci(0x3,0x0)/…/File: the path of a boot loader on a disk. */
export const DISK_PATH = concat(
  typedNode(2, 1, { hid: 0x0a0341d0, uid: 0 }),
  typedNode(1, 1, { function: 0, device: 3 }),
  typedNode(3, 23, { namespaceId: 1, eui64: bytesOf(1, 2, 3, 4, 5, 6, 7, 8) }),
  typedNode(4, 1, {
    partitionNumber: 15,
    partitionStart: 0x2800n,
    partitionSize: 0x35000n,
    signature: encode(EFI_SIGNATURE_DATA, { signatureOwner: OWNER, signatureData: zeros(0) }),
    partitionFormat: 2,
    signatureType: 2,
  }),
  file('\\EFI\\BOOT\\BOOTX64.EFI'),
  END,
);
export const DISK_TEXT = `PciRoot(0x0)/Pci(0x3,0x0)/NVMe(0x1,08-07-06-05-04-03-02-01)/HD(15,GPT,${OWNER.toUpperCase()},0x2800,0x35000)/\\EFI\\BOOT\\BOOTX64.EFI`;

export function variable(name: string, data: Uint8Array, guid = GUID): Uint8Array {
  return encode(UEFI_VARIABLE_DATA, {
    variableName: guid,
    unicodeNameLength: BigInt(name.length),
    variableDataLength: BigInt(data.length),
    unicodeName: name,
    variableData: data,
  });
}

export function loadOption(description: string, paths: Uint8Array, optional = zeros(0)): Uint8Array {
  const head = encode(EFI_LOAD_OPTION, { attributes: 1, filePathListLength: paths.length });
  return concat(head, wide(description), paths, optional);
}

const X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const SHA256 = 'c1c41626-504c-4092-aca9-41f936934328';

/** Something that looks like a certificate from outside: a DER SEQUENCE with a length of two bytes. */
export const CERTIFICATE = concat(bytesOf(0x30, 0x82, 0x01, 0x00), zeros(256));

export function signatureList(type: string, header: Uint8Array, ...signatures: Uint8Array[]): Uint8Array {
  const [first = zeros(0)] = signatures;
  const body = signatures.map((data) =>
    encode(EFI_SIGNATURE_DATA, { signatureOwner: OWNER, signatureData: data }),
  );
  const size = 28 + header.length + body.reduce((sum, one) => sum + one.length, 0);
  const head = {
    signatureType: type,
    signatureListSize: size,
    signatureHeaderSize: header.length,
    signatureSize: 16 + first.length,
  };
  return concat(encode(EFI_SIGNATURE_LIST, head), header, ...body);
}
export const certificates = (...all: Uint8Array[]): Uint8Array => signatureList(X509, zeros(0), ...all);
export const hashes = (count: number): Uint8Array =>
  signatureList(SHA256, zeros(0), ...Array.from({ length: count }, (_, i) => zeros(32).fill(i)));

export const text = utf8Bytes;
