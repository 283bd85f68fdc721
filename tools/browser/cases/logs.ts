/** A firmware log, written, read, replayed, converted, and explained after a bit of it flipped. */
import { concat, equalBytes, portableDigests, toHex, utf8Bytes } from '@tsm/core';
import { convert, decodeLog, encodeAgileLog, explain, replay, type LogFormat } from '@tsm/eventlog';

/** EV_IPL: nothing in the log tells what its digest is of. */
const EV_IPL = 13;
const REGISTERS = [1, 2, 3];
const TARGETS: readonly LogFormat[] = ['cel-cbor', 'cel-json', 'cel-tlv', 'trust-authority-json'];
const FLIPPED = 31;

export interface LogFacts {
  readonly events: number;
  readonly issues: readonly string[];
  /** Values by register. */
  readonly registers: Readonly<Record<string, string>>;
  /** The same, computed event by event. */
  readonly expected: readonly string[];
  /** By format: refused, or whether the registers stayed as they were. */
  readonly converted: Readonly<Record<string, boolean | string>>;
  readonly explained: {
    readonly found: boolean;
    readonly unique: boolean;
    readonly edits: readonly string[];
  };
}

const EVENTS = Array.from({ length: 60 }, (_, i) => {
  const data = utf8Bytes(`event ${i}`);
  const digests = { sha384: portableDigests.digest('sha384', utf8Bytes(`image ${i}`)) };
  return { register: REGISTERS[i % REGISTERS.length] ?? 1, type: EV_IPL, data, digests };
});

const encode = (events: typeof EVENTS): Uint8Array =>
  encodeAgileLog(['sha384'], events, { headerRegister: 1 });

const valueOf = (register: number): Uint8Array =>
  EVENTS.filter((one) => one.register === register).reduce<Uint8Array>(
    (value, { digests: { sha384 } }) => portableDigests.digest('sha384', concat(value, sha384)),
    new Uint8Array(48),
  );

const registersOf = (bytes: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    replay(decodeLog(bytes)).registers.map(({ name, value }) => [name ?? '', toHex(value)] as const),
  );

/** The log as a bit of one digest flipped on the way; the register did not see it. */
function withFlippedBit(): Uint8Array {
  const bytes = encode(EVENTS);
  const digest = EVENTS[FLIPPED]?.digests.sha384 ?? new Uint8Array();
  const at = bytes.findIndex((_, i) => equalBytes(bytes.subarray(i, i + 48), digest));
  bytes[at + 17] = (bytes[at + 17] ?? 0) ^ 4;
  return bytes;
}

export async function logFacts(): Promise<LogFacts> {
  const bytes = encode(EVENTS);
  const log = decodeLog(bytes);
  const registers = registersOf(bytes);
  const before = JSON.stringify(registers);
  const converted = TARGETS.map((format) => {
    const outcome = convert(log, { format });
    const held = outcome.refused
      ? outcome.refused.words
      : JSON.stringify(registersOf(outcome.bytes)) === before;
    return [format, held] as const;
  });
  const register = REGISTERS[FLIPPED % REGISTERS.length] ?? 1;
  const { found, unique, edits } = await explain(decodeLog(withFlippedBit()), {
    ...{ register, algorithm: 'sha384', expected: valueOf(register) },
  });
  return {
    events: [...log].length,
    issues: log.issues.map(({ code }) => code),
    registers,
    expected: REGISTERS.map((one) => toHex(valueOf(one))),
    converted: Object.fromEntries(converted),
    explained: { found, unique, edits: edits.map(({ kind, event }) => `${kind} ${String(event)}`) },
  };
}
