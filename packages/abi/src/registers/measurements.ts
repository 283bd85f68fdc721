/** `measurements/NAME[:HASH]` below the device (Linux 6.16). */
import { registerFullName, type RegisterSpec } from '@tsm/core';
import { errno } from '../errno.ts';
import { sysfsBinary } from '../files/sysfs.ts';
import { directory, type DirectoryNode, type FileNode } from '../node.ts';
import type { MeasurementGroup } from './group.ts';

/** A register as a file of its size, which a write of the whole extends. */
export function registerFile(
  group: MeasurementGroup,
  register: RegisterSpec,
  write: (value: Uint8Array) => void = (value) => group.write(register, value),
): FileNode {
  const { name, size, readable, extensible } = register;
  return sysfsBinary({
    mode: (readable ? 0o444 : 0) | (extensible ? 0o200 : 0),
    size,
    ...(readable
      ? { read: (offset: number, count: number) => group.read(register).slice(offset, offset + count) }
      : {}),
    ...(extensible
      ? {
          write(offset: number, value: Uint8Array) {
            if (offset !== 0 || value.length !== size)
              throw errno('EINVAL', `${name}: expected ${String(size)} bytes at offset 0`);
            write(value);
          },
        }
      : {}),
  });
}

export function measurementsDirectory(group: MeasurementGroup): DirectoryNode {
  return directory(group.registers.map((one) => [registerFullName(one), registerFile(group, one)]));
}
