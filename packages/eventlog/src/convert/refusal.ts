/** Every reason to refuse a conversion: what is wrong, and what to do about it. */
import type { Refusal } from './model.ts';

interface RefusalKind<Args> {
  readonly words: (args: Args) => string;
  readonly remedy: (args: Args) => string;
}

const kind = <Args>(words: (args: Args) => string, remedy: (args: Args) => string): RefusalKind<Args> => ({
  words,
  remedy,
});

const list = (names: readonly string[]): string => names.join(', ');

const REFUSALS = {
  'convert.source-damaged': kind(
    (a: { why: string }) => `the source cannot be read whole: ${a.why}`,
    () => 'mend the source first: a converted log would look whole',
  ),
  'convert.empty': kind(
    (a: { what: string }) => `${a.what} holds no event that the new log could hold`,
    () => 'name another register or bank',
  ),
  'convert.no-backend': kind(
    (a: { algorithm: string }) => `no digest backend for ${a.algorithm}: its registers cannot be compared`,
    () => 'pass a backend, or name one other bank',
  ),
  'convert.register-unknown': kind(
    (a: { register: string; known: readonly string[] }) =>
      `the source has no register ${a.register}; it has ${list(a.known) || 'none by name'}`,
    (a) => `name ${a.known.length > 1 ? 'one of these' : 'this one'}, or none`,
  ),
  'convert.register-name': kind(
    (a: { register: string }) => `${a.register} is the name of no register`,
    () => 'names are such as pcr10, rtmr3, mrtd and nv0x1d10200',
  ),
  'convert.register-needed': kind(
    (a: { format: string; known: readonly string[] }) =>
      `${a.format} is a log of one register, and the source has ${list(a.known)}`,
    () => 'name the register to convert',
  ),
  'convert.register-unnamed': kind(
    (a: { format: string }) => `the source does not say which register it is of, and ${a.format} must`,
    () => 'name the register, such as rtmr3 or pcr10',
  ),
  'convert.numbering': kind(
    (a: { format: string; register: string; names: string }) =>
      `${a.format} has ${a.names} alone, and the source has ${a.register}: registers of another numbering have other values`,
    () =>
      'take a format that has both: cel-tlv, cel-json, cel-cbor, systemd-json; or a text log of one register',
  ),
  'convert.register-range': kind(
    (a: { format: string; register: string }) => `${a.format} has no way to name ${a.register}`,
    () => 'name one other register, or take another format',
  ),
  'convert.algorithm-unknown': kind(
    (a: { algorithm: string; known: readonly string[] }) =>
      `the source has no bank ${a.algorithm}; it has ${list(a.known)}`,
    () => 'name one of these, or none',
  ),
  'convert.bank': kind(
    (a: { format: string; can: string; banks: readonly string[]; fit: readonly string[] }) =>
      `${a.format} holds ${a.can}, and the source has ${list(a.banks)}`,
    (a) =>
      a.fit.length > 0
        ? `name the one bank to convert: ${list(a.fit)}`
        : 'take a format that holds these banks: tcg2 or ccel, cel-tlv, cel-json, cel-cbor',
  ),
  'convert.event-kind': kind(
    (a: { format: string; holds: string; event: number; type: string }) =>
      `${a.format} holds ${a.holds} alone; event ${String(a.event)} is ${a.type}`,
    () => 'name a register that has nothing else, or take another format',
  ),
  'convert.not-a-line': kind(
    (a: { format: string; event: number }) =>
      `the fields of event ${String(a.event)} hold bytes that no line of ${a.format} can`,
    () => 'take ima-binary',
  ),
  'convert.start-value': kind(
    (a: { format: string; register: string; algorithm: string }) =>
      `${a.register} of ${a.algorithm} does not start where ${a.format} would have it start`,
    () =>
      'keep the format, or take one that can state the start: a text log its SYNC or INIT, a TCG log its locality',
  ),
  'convert.algorithm-unsaid': kind(
    (a: { format: string; algorithm: string; read: string }) =>
      `a log in ${a.format} without a line that states it is read as ${a.read}, not ${a.algorithm}`,
    (a) => `name a bank of ${a.read} if the source has one, or take another format`,
  ),
  'convert.unreadable': kind(
    (a: { format: string; why: string }) => `the log in ${a.format} would not be readable: ${a.why}`,
    () => 'take another format',
  ),
  'convert.replay-differs': kind(
    (a: { format: string; register: string; algorithm: string }) =>
      `the log in ${a.format} would replay ${a.register} of ${a.algorithm} to another value`,
    () => 'take another format',
  ),
} as const;

export type RefusalCode = keyof typeof REFUSALS;

type ArgsOf<Kind> = Kind extends RefusalKind<infer Args> ? Args : never;

/** All codes; each has a test. */
export const REFUSAL_CODES = Object.keys(REFUSALS) as readonly RefusalCode[];

export function refusal<Code extends RefusalCode>(
  code: Code,
  args: ArgsOf<(typeof REFUSALS)[Code]>,
): Refusal {
  const { words, remedy } = REFUSALS[code] as unknown as RefusalKind<typeof args>;
  return { code, words: words(args), remedy: remedy(args) };
}

export const isRefusal = (value: object): value is Refusal => 'code' in value && 'remedy' in value;
