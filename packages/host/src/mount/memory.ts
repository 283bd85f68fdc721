/** Memory of another process through /proc/PID/mem: needs the rights of ptrace(2) over it. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { errno, type UserMemory } from '@tsm/abi';

/** Runs `action` on the memory; whatever goes wrong is a bad address, as copy_from_user has it. */
function withMemory(pid: number, action: (file: number) => number, size: number): void {
  let done: number;
  try {
    const file = openSync(`/proc/${pid}/mem`, 'r+');
    try {
      done = action(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw errno(
      'EFAULT',
      `memory of process ${pid}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (done < size) throw errno('EFAULT', `memory of process ${pid}: ${done} of ${size} bytes`);
}

export function memoryOf(pid: number): UserMemory {
  return {
    read(address, size) {
      const bytes = new Uint8Array(size);
      withMemory(pid, (file) => readSync(file, bytes, 0, size, address), size);
      return bytes;
    },
    write(address, bytes) {
      // User addresses are below 2^47, so that they are exact as a number.
      withMemory(pid, (file) => writeSync(file, bytes, 0, bytes.length, Number(address)), bytes.length);
    },
  };
}
