/** The services manifest of an SVSM, read and written; what its report binds. Spec: AMD SVSM (58019), §7. */
import { concat, concatAll, guidText, type Digests, type Issue, type Node } from '@tsm/core';
import { decode, encode, sizeOf } from '@tsm/core/layout';
import { SNP_ISSUES } from './issues.ts';
import {
  SERVICES_MANIFEST_GUID,
  ServiceEntry,
  ServicesManifest,
  SvsmReportInput,
} from './layout/services-manifest.ts';

export interface Service {
  /** GUID, lower case. */
  readonly guid: string;
  readonly manifest: Uint8Array;
}

/** Before the entries. */
const HEADER = 24;
/** The largest that the kernel takes is 4 KiB at first, and more when the SVSM says so. */
const MAX_SERVICES = 1024;

/** Cheap: does a services manifest start here? */
export function isServicesManifest(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && guidText(bytes.subarray(0, 16)) === SERVICES_MANIFEST_GUID;
}

/** Reads a manifest. A service outside of the bytes is an issue, and is left out. */
export function readServicesManifest(bytes: Uint8Array): {
  readonly services: readonly Service[];
  readonly tree: Node;
  readonly issues: readonly Issue[];
} {
  const { value, tree, issues } = decode(ServicesManifest, bytes);
  const all = { path: '', offset: 0, length: bytes.length };
  const refused: Issue[] = [];
  const refuse = (reason: string): void => {
    refused.push(SNP_ISSUES.make('snp.services-manifest', all, { reason }));
  };
  if (!value) return { services: [], tree, issues };
  if (value.guid !== SERVICES_MANIFEST_GUID) refuse(`its GUID is ${value.guid}`);
  if (value.size !== bytes.length)
    refuse(`its size is ${String(value.size)}, there are ${String(bytes.length)} bytes`);
  if (value.count > MAX_SERVICES) refuse(`it has ${String(value.count)} services`);
  const services = value.services.slice(0, MAX_SERVICES).flatMap(({ guid, offset, length }) => {
    if (offset + length <= bytes.length) return [{ guid, manifest: bytes.subarray(offset, offset + length) }];
    refuse(`service ${guid} ends at ${String(offset + length)}`);
    return [];
  });
  return { services, tree, issues: [...issues, ...refused] };
}

export function encodeServicesManifest(services: readonly Service[]): Uint8Array {
  let offset = HEADER + services.length * sizeOf(ServiceEntry);
  const entries = services.map(({ guid, manifest: { length } }) => {
    const entry = { guid, offset, length };
    offset += length;
    return entry;
  });
  return encode(ServicesManifest, {
    guid: SERVICES_MANIFEST_GUID,
    size: offset,
    count: services.length,
    services: entries,
    data: concatAll(services.map(({ manifest }) => manifest)),
  });
}

/** REPORT_DATA of an SVSM's report: SHA-512 of the nonce, zeros up to 64 bytes, and the manifest. */
export function svsmReportData(nonce: Uint8Array, manifest: Uint8Array, digests: Digests): Uint8Array {
  const padded = concat(nonce, new Uint8Array(64)).subarray(0, 64);
  return digests.digest('sha512', encode(SvsmReportInput, { nonce: padded, manifest }));
}
