/** `/sys/kernel/tsm/PROVIDER`: a directory a runtime register, with its log (posting of Sep 2024, RFC v1). */
import type { Digests, RegisterSpec } from '@tsm/core';
import { sysfsContent, sysfsText } from '../files/sysfs.ts';
import { directory, type DirectoryNode, type Node } from '../node.ts';
import type { MeasurementGroup } from './group.ts';
import { registerFile } from './measurements.ts';
import { TextLogs } from './text-logs.ts';

function registerDirectory(group: MeasurementGroup, logs: TextLogs, register: RegisterSpec): DirectoryNode {
  return directory([
    ['digest', registerFile(group, register, (value) => logs.extend(register, value))],
    ['hash_algo', sysfsText(0o444, () => register.algorithm ?? '')],
    ['append_event', sysfsText(0o200, undefined, (bytes) => logs.append(register, bytes))],
    ['event_log', sysfsContent(0o444, () => logs.bytes(register))],
  ]);
}

export function registerDirectories(group: MeasurementGroup, digests: Digests): DirectoryNode {
  const logs = new TextLogs(group, digests);
  return directory(
    group.registers.map((one): [string, Node] => [
      one.name,
      one.extensible ? registerDirectory(group, logs, one) : registerFile(group, one),
    ]),
  );
}
