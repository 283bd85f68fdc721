/** What the kernel takes for the name of a TSM, for a boolean, and for the same line. */
import { errno } from '../errno.ts';

/** `sscanf(buf, "tsm%d", &id)`: what follows the number does not matter. `EINVAL`. */
export function parseTsmName(text: string): number {
  const number = /^tsm\s*(-?\d+)/.exec(text)?.[1];
  if (number === undefined) throw errno('EINVAL', `expected a name as tsm0, got ${JSON.stringify(text)}`);
  return Number(number);
}

/** kstrtobool (lib/kstrtox.c): the first characters decide. `EINVAL`. */
export function parseBool(text: string): boolean {
  if (/^([yt1]|on)/i.test(text)) return true;
  if (/^([nf0]|of)/i.test(text)) return false;
  throw errno('EINVAL', `expected 1 or 0, got ${JSON.stringify(text)}`);
}

/** sysfs_streq: one line feed at the end does not count. */
export function sameLine(text: string, expected: string): boolean {
  return text.replace(/\n$/, '') === expected;
}
