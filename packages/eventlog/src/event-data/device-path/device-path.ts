/** UEFI device paths: a list of nodes, and the text that UEFI tools print for it. Source: UEFI 2.10 §10.3 and §10.6. */
import { toHex } from '@tsm/core';
import { sizeOf } from '@tsm/core/layout';
import { DEVICE_PATH_HEADER, NODE_KINDS, type NodeKind } from './nodes.ts';
import type { Reading } from '../reading.ts';
import { wideText } from '../text.ts';

/** Real paths have a dozen nodes. */
const MAX_NODES = 1024;
const HEADER_SIZE = sizeOf(DEVICE_PATH_HEADER);
const END = 0x7f;
const END_ENTIRE = 0xff;

/** One node. `fields` are those of its table; only `data` for a kind that has none. */
export interface DevicePathNode {
  readonly type: number;
  readonly subType: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface DevicePath {
  /** The whole path: `PciRoot(0x0)/Pci(0x3,0x0)/…/\EFI\BOOT\BOOTX64.EFI`; several instances parted by commas. */
  readonly text: string;
  /** The file that it names, where it ends in one. */
  readonly file: string | undefined;
  readonly nodes: readonly DevicePathNode[];
}

const KINDS: ReadonlyMap<number, NodeKind> = new Map(
  NODE_KINDS.map((one) => [(one.type << 8) | one.subType, one]),
);

/** Fields and text of a node's data, from its table where it has one and the data fits. */
function readBody(reading: Reading, type: number, subType: number): Pick<DevicePathNode, 'text' | 'fields'> {
  const data = reading.rest();
  const kind = KINDS.get((type << 8) | subType);
  const fields = kind && data.length > 0 ? reading.read(kind.layout) : undefined;
  if (kind && fields !== undefined)
    return { text: kind.text(fields), fields: fields as Record<string, unknown> };
  reading.skip();
  return { text: `Path(${String(type)},${String(subType)},${toHex(data)})`, fields: { data } };
}

/** One node, or undefined where the path cannot go on. */
function readNode(reading: Reading): DevicePathNode | undefined {
  const header = reading.read(DEVICE_PATH_HEADER);
  if (!header) return undefined;
  const { type, subType, length } = header;
  if (length < HEADER_SIZE) {
    reading.issue('event.device-path-length', { length });
    return undefined;
  }
  if (length === HEADER_SIZE && type === END) return { type, subType, text: '', fields: {} };
  const body = reading.window('data', length - HEADER_SIZE, 'Data of the node', () =>
    readBody(reading, type, subType),
  );
  return body && { type, subType, ...body };
}

/** The path's text: a file node stands without `File()`, as UEFI §10.6 has it. */
function joinNodes(nodes: readonly DevicePathNode[]): string {
  const instances: string[][] = [[]];
  for (const node of nodes) {
    if (node.type !== END) instances.at(-1)?.push(fileOf(node) ?? node.text);
    else if (node.subType !== END_ENTIRE) instances.push([]);
  }
  return instances.map((parts) => parts.join('/')).join(',');
}

function fileOf(node: DevicePathNode): string | undefined {
  const { pathName } = node.fields;
  return pathName instanceof Uint8Array ? wideText(pathName) : undefined;
}

/** Reads the nodes in the present window, up to the End node. Never loops on a node that takes no bytes. */
export function readDevicePath(reading: Reading): DevicePath {
  const nodes: DevicePathNode[] = [];
  let ended = false;
  while (reading.left > 0 && !ended) {
    if (nodes.length === MAX_NODES) {
      reading.issue('event.too-many', { what: 'device path nodes', max: MAX_NODES });
      break;
    }
    const node = reading.child(`[${String(nodes.length)}]`, 'Device path node', () => readNode(reading));
    if (!node) break;
    nodes.push(node);
    ended = node.type === END && node.subType === END_ENTIRE;
  }
  if (!ended && nodes.length > 0) reading.issue('event.device-path-end', {}, 0);
  if (!ended) reading.skip();
  const shown = nodes.filter((node) => node.type !== END);
  const files = shown.flatMap((node) => fileOf(node) ?? []);
  return { text: joinNodes(nodes), file: files.length === 0 ? undefined : files.join('/'), nodes: shown };
}

/** Reads the paths in the present window, one after another: the first is the one that counts (UEFI §3.1.3). */
export function readDevicePaths(reading: Reading): DevicePath[] {
  const paths: DevicePath[] = [];
  while (reading.left > 0) {
    paths.push(reading.child(`[${String(paths.length)}]`, 'Device path', () => readDevicePath(reading)));
  }
  return paths;
}
