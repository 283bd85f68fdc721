/** The guarantee, by doing: the new bytes are decoded, both logs are replayed, and every register and bank is compared. */
import { equalBytes, type AlgorithmName } from '@tsm/core';
import { decodeLog } from '../decode.ts';
import type { EventLog } from '../log.ts';
import { replay, type ReplayedRegister } from '../replay.ts';
import type { Draft, HeldRegister, Refusal } from './model.ts';
import { refusal } from './refusal.ts';
import type { Selection } from './selection.ts';

export interface Proven {
  readonly log: EventLog;
  readonly registers: readonly HeldRegister[];
}

/** What the source says of the registers that were selected. */
export interface Expected {
  readonly registers: readonly ReplayedRegister[];
  /** The register that the new log is of, where it is of one. */
  readonly single: string | null;
}

/** Names of one another's registers: a log of one register is of the one that was selected. */
function nameIn(log: EventLog, { name }: ReplayedRegister, single: string | null): string | null {
  return log.numbering === 'single' ? single : name;
}

const keyOf = (name: string | null, algorithm: AlgorithmName): string => `${name ?? ''}:${algorithm}`;

export function prove(selection: Selection, draft: Draft, expected: Expected): Proven | Refusal {
  const { dialect, digests } = selection;
  const format = selection.format === 'tsm-text' ? `tsm-text (${dialect})` : selection.format;
  const log = decodeLog(draft.bytes, {
    format: selection.format,
    ...(selection.format === 'tsm-text' ? { dialect } : {}),
  });
  const error = log.issues.find(({ severity }) => severity === 'error');
  const [bank] = selection.banks;
  const [read] = log.algorithms;
  if (log.numbering === 'single' && bank !== undefined && read !== undefined && bank !== read)
    return refusal('convert.algorithm-unsaid', { format, algorithm: bank, read });
  if (error) return refusal('convert.unreadable', { format, why: error.message });
  if (log.count !== draft.from.length)
    return refusal('convert.unreadable', { format, why: `it holds ${String(log.count)} events` });
  const found = new Map(
    replay(log, { digests }).registers.map((one) => [
      keyOf(nameIn(log, one, expected.single), one.algorithm),
      one,
    ]),
  );
  const registers: HeldRegister[] = [];
  for (const one of expected.registers) {
    const { name, algorithm, value, extends: events } = one;
    const key = keyOf(name, algorithm);
    const other = found.get(key);
    found.delete(key);
    // The new log does not speak of a register that nothing extends.
    if (!other && events === 0) continue;
    const place = { format, register: name ?? 'the register', algorithm };
    if (other && !equalBytes(other.start, one.start)) return refusal('convert.start-value', place);
    if (!other || !equalBytes(other.value, value)) return refusal('convert.replay-differs', place);
    registers.push({ name, algorithm, value, events });
  }
  for (const { name, algorithm, extends: events } of found.values()) {
    if (events > 0)
      return refusal('convert.replay-differs', { format, register: name ?? 'the register', algorithm });
  }
  return { log, registers };
}
