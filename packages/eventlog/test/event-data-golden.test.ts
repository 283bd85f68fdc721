/**
 * The decode of five real logs against the decode of another implementation (trustee `deps/eventlog`), event by event.
 * Where that one is wrong, the known mistake is applied to our answer before comparing, and named here.
 */
import { guidBytes, toHex } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import { checkDigest } from '../src/event-data/digest-check.ts';
import { NODE_KINDS } from '../src/event-data/device-path/nodes.ts';
import type { DevicePathNode } from '../src/event-data/device-path/device-path.ts';
import { decodeLog, type LogEvent } from '../src/index.ts';
import { digests } from './support/event-data.ts';

interface Golden {
  readonly details: {
    readonly string?: string;
    readonly unicode_name?: string;
    readonly unicode_name_length?: number;
    readonly variable_name?: string;
    readonly variable_data?: string;
    readonly variable_data_length?: number;
    readonly device_paths?: readonly string[];
    readonly data?: Readonly<Record<string, unknown>>;
  };
  readonly digest_matches_event: boolean;
  readonly digests: readonly { readonly alg: string; readonly digest: string }[];
  readonly event: string;
  readonly index: number;
  readonly type_name: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Mistake: the bytes of a GUID in wire order, not the mixed-endian form of UEFI appendix A. */
function guidInWireOrder(guid: string): string {
  return toHex(guidBytes(guid) ?? new Uint8Array()).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** `Path(type,sub-type,hex)`, the form of a node that the implementation does not know. */
function unknownNode({ type, subType, fields }: DevicePathNode): string {
  const kind = NODE_KINDS.find((one) => one.type === type && one.subType === subType);
  return `Path(${String(type)},${String(subType)},${toHex(kind ? encode(kind.layout, fields) : new Uint8Array())})`;
}

/** Ways in which the other implementation writes a node; the first that matches counts. */
const NODE_MISTAKES: readonly {
  readonly text: RegExp;
  readonly theirs: (node: DevicePathNode, found: string[]) => string;
}[] = [
  // UEFI §10.6 has Pci(Device,Function); the other way round here.
  { text: /^Pci\(0x(\w+),0x(\w+)\)$/, theirs: (_, [, device = '', fn = '']) => `Pci(${fn},${device})` },
  // Not wrong, but not the short form that UEFI §10.6 has for this id.
  { text: /^PciRoot\(0x(\w+)\)$/, theirs: (_, [, uid = '']) => `ACPI(PNP0A03,${uid})` },
  // A comma although no data follows.
  { text: /^VenMedia\(([^,]*)\)$/, theirs: (_, [, guid = '']) => `VenMedia(${guid},)` },
  // Kinds that it does not know.
  { text: /^(NVMe|Scsi)\(/, theirs: unknownNode },
];

function theirNode(node: DevicePathNode): string {
  for (const { text, theirs } of NODE_MISTAKES) {
    const found = text.exec(node.text);
    if (found) return theirs(node, found);
  }
  return node.text;
}

/** Mistake: of td-shim's configuration it shows text alone, so nothing for the hand-off block. */
function theirString(fields: Fields): string | undefined {
  const { descriptor, text, tableDescription, blobDescription } = fields;
  if (descriptor === 'td_hob') return '';
  if (typeof descriptor === 'string') return `${descriptor} ${String(text)}`;
  return (text ?? tableDescription ?? blobDescription) as string | undefined;
}

/** The content of an AAEL event is shown parsed where it is JSON. */
function theirTagData({ domain, operation, content }: Fields): Fields {
  const text = String(content);
  return { domain, operation, content: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
}

function theirDetails(event: LogEvent): Golden['details'] {
  const { kind, fields } = event.content();
  const path = fields['devicePath'] as { nodes: readonly DevicePathNode[] } | undefined;
  if (kind === 'image-load') return path?.nodes.length ? { device_paths: path.nodes.map(theirNode) } : {};
  if (kind.startsWith('uefi-variable')) {
    const data = fields['variableData'] as Uint8Array;
    return {
      unicode_name: String(fields['unicodeName']),
      unicode_name_length: Number(fields['unicodeNameLength']),
      variable_data: Buffer.from(data).toString('base64'),
      variable_data_length: data.length,
      variable_name: guidInWireOrder(String(fields['variableName'])),
    };
  }
  // What it does not look into.
  if (kind === 'gpt' || kind === 'separator') return {};
  const string = theirString(fields);
  const aael = fields['tagName'] === 'AAEL' ? { unicode_name: 'AAEL', data: theirTagData(fields) } : {};
  return { ...(string === undefined ? {} : { string }), ...aael };
}

function matchesEvent(event: LogEvent): boolean {
  return event.digests.every(({ algorithm, digest }) => {
    if (!algorithm) return false;
    const { state, covers } = checkDigest(event.type, event.data, digests, algorithm, digest);
    return state === 'matches' && covers === 'event data';
  });
}

const ALGORITHM_NAMES: Readonly<Record<string, string>> = { sha384: 'SHA-384', sm3: 'SM3' };

function asGolden(event: LogEvent): Golden {
  return {
    details: theirDetails(event),
    digest_matches_event: matchesEvent(event),
    digests: event.digests.map(({ algorithm = '', digest }) => ({
      alg: ALGORITHM_NAMES[algorithm] ?? algorithm,
      digest: toHex(digest),
    })),
    event: Buffer.from(event.data).toString('base64'),
    index: event.register,
    type_name: event.typeName,
  };
}

function compare(vector: Vector): void {
  const golden = JSON.parse(Buffer.from(readVector(vector.file)).toString('utf8')) as {
    uefi_event_logs: Golden[];
  };
  const log = decodeLog(readVector(vector.file.replace('_out.json', '')));
  const ours = [...log].filter((event) => event.measured).map(asGolden);
  expect(ours).toHaveLength(golden.uefi_event_logs.length);
  ours.forEach((event, i) => {
    expect(event, `event ${String(i)}`).toEqual(golden.uefi_event_logs[i]);
  });
}

describeVectors('golden decodes', 5, vectors('eventlog', ['decode-json']), compare);
