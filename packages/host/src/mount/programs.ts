/** Programs of the computer that are run to their end, such as mount(8). */
import { spawn, type IOType } from 'node:child_process';

export interface Ran {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** What it wrote to standard error, trimmed. */
  readonly text: string;
}

/** Runs a program. `descriptor` is its file 3. Rejects with the system's error when it cannot be started. */
export function runProgram(program: string, args: readonly string[], descriptor?: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const stdio: (IOType | number)[] = ['ignore', 'ignore', 'pipe'];
    const child = spawn(program, args, { stdio: descriptor === undefined ? stdio : [...stdio, descriptor] });
    let text = '';
    child.stderr?.on('data', (part: Buffer) => (text += part.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? undefined, text: text.trim() }));
  });
}
