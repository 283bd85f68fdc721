/** Device files: they answer ioctl(2) and nothing else. */
import { errno } from '../errno.ts';
import type { FileNode, OpenFile } from '../node.ts';

/** Commands of one device by number; others are `ENOTTY`. */
export type Commands = ReadonlyMap<number, NonNullable<OpenFile['ioctl']>>;

/** `_IOWR(type, number, size)` (include/uapi/asm-generic/ioctl.h), unsigned. */
export function iowr(type: string, number: number, size: number): number {
  return ((3 << 30) | (size << 16) | (type.charCodeAt(0) << 8) | number) >>> 0;
}

export function device(commands: Commands): FileNode {
  const refuse = (): never => {
    throw errno('EINVAL', 'this device has no read or write');
  };
  return {
    ...{ kind: 'file', mode: 0o600, size: 0, seekable: false },
    open: () => ({
      read: refuse,
      write: refuse,
      release: () => undefined,
      ioctl(command, argument, memory) {
        const answer = commands.get(command);
        if (!answer) throw errno('ENOTTY', `no command 0x${command.toString(16)}`);
        return answer(command, argument, memory);
      },
    }),
  };
}
