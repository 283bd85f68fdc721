/** A served machine as one argument of a program. */
import type { Served } from '../../../src/mount/messages.ts';

export function argumentOf(served: Served): string {
  return JSON.stringify(served, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
}

/** The opposite of {@link argumentOf}. */
export function servedOf(argument: string): Served {
  return JSON.parse(argument, (key, value: unknown) => {
    if (key === 'seed') return new Uint8Array(Buffer.from(String(value), 'hex'));
    return key === 'now' ? new Date(String(value)) : value;
  }) as Served;
}
