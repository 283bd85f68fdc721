/** lseek(2) and ioctl(2), which Node has not: a perl child makes them on a descriptor that it inherits. */
import { spawn } from 'node:child_process';
import { NotShown } from '@tsm/abi/kit';
import { fromHex, toHex } from '@tsm/core';

/** Prints `=` and the result as hex, or `!` and the number of the error. */
const SCRIPT = {
  lseek: 'print sysseek(STDIN, $ARGV[0], 0) ? "=" : "!" . ($! + 0)',
  ioctl:
    '$b = pack("H*", $ARGV[1]); print ioctl(STDIN, $ARGV[0], $b) ? "=" . unpack("H*", $b) : "!" . ($! + 0)',
} as const;

function run(call: keyof typeof SCRIPT, fd: number, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('perl', ['-e', SCRIPT[call], ...args], { stdio: [fd, 'pipe', 'ignore'] });
    let out = '';
    child.stdout?.on('data', (part: Buffer) => (out += part.toString('latin1')));
    child.on('error', () => {
      reject(new NotShown(`needs ${call}(2): Node has none, and there is no perl that could lend it`));
    });
    child.on('close', () => {
      resolve(out);
    });
  });
}

/** `-errno` as libuv has it, on the error. */
function refusal(call: string, out: string): Error {
  const number = /^!(\d+)$/.exec(out)?.[1];
  if (number === undefined) return new Error(`${call}: perl ended without an answer`);
  return Object.assign(new Error(`${call}: error ${number}`), { errno: -Number(number) });
}

/** Moves the position of the open file. Errors have `errno`, negative. */
export async function lseek(fd: number, position: number): Promise<void> {
  const out = await run('lseek', fd, [String(position)]);
  if (out !== '=') throw refusal('lseek', out);
}

/** The argument as the kernel leaves it. Errors have `errno`, negative. */
export async function ioctl(fd: number, command: number, argument: Uint8Array): Promise<Uint8Array> {
  const out = await run('ioctl', fd, [String(command), toHex(argument)]);
  const bytes = out.startsWith('=') ? fromHex(out.slice(1)) : undefined;
  if (!bytes) throw refusal('ioctl', out);
  return bytes;
}
