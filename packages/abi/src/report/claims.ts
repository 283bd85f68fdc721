/** `claims`: what a report says in words that are the same for all technologies, as JSON, beside the vendor's blob. */
import { toHex, utf8Bytes, type EvidenceFormat, type RegisterSpec } from '@tsm/core';
import { errno } from '../errno.ts';

/** Bytes as hex, bigints as decimal text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Nothing is verified here. What does not decode is `EIO`: the driver gave it. */
export function claimsOf(
  outblob: Uint8Array,
  format: EvidenceFormat,
  specs: readonly RegisterSpec[],
): Uint8Array {
  const evidence = format.decode(outblob);
  const fault = evidence.issues.find(({ severity }) => severity === 'error');
  if (fault) throw errno('EIO', `outblob: ${fault.message}`);
  const registers = evidence.registers.map(({ name, value }) => {
    const spec = specs.find((one) => one.name === name);
    return { name, role: spec?.role ?? 'other', algorithm: spec?.algorithm ?? null, value };
  });
  const { technology, reportData, claims = {} } = evidence;
  const document = { technology, format: evidence.format, reportData, registers, claims };
  const text = JSON.stringify(document, function (this: Record<string, unknown>, key) {
    return plain(this[key]);
  });
  return utf8Bytes(`${text}\n`);
}
