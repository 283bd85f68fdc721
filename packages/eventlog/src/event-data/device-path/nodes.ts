/** Every kind of device path node that is decoded; others are written `Path(type,sub-type,hex)`. Source: UEFI 2.10 §10.3. */
import { HARDWARE_NODES } from './hardware.ts';
import { MEDIA_NODES } from './media.ts';
import { MESSAGING_NODES } from './messaging.ts';
import type { NodeKind } from './node.ts';

export { DEVICE_PATH_HEADER, type NodeKind } from './node.ts';

export const NODE_KINDS: readonly NodeKind[] = [...HARDWARE_NODES, ...MESSAGING_NODES, ...MEDIA_NODES];
