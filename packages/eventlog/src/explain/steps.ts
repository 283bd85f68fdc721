/** The extends of one register as the log has them: events, digests in one row, and the values that the log states. */
import { ALGORITHMS, type AlgorithmName, type Digests } from '@tsm/core';
import { Growing } from '../growing.ts';
import type { EventLog } from '../log.ts';
import { startOf } from '../replay.ts';

/** A value that the log states for the register before its extend number `at`. */
interface Anchor {
  readonly at: number;
  readonly value: Uint8Array;
}

export interface Steps {
  readonly log: EventLog;
  readonly register: number;
  readonly algorithm: AlgorithmName;
  readonly size: number;
  readonly start: Uint8Array;
  /** Number of the event of each extend. */
  readonly events: Uint32Array;
  /** All digests, one after the other. */
  readonly digests: Uint8Array;
  readonly anchors: readonly Anchor[];
}

/** Bytes in one growing row. */
class Row {
  private bytes = new Uint8Array(4096);
  private length = 0;

  push(from: Uint8Array, offset: number, size: number): void {
    if (this.length + size > this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length + size);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    for (let i = 0; i < size; i++) this.bytes[this.length + i] = from[offset + i] ?? 0;
    this.length += size;
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** All extends of one register of one bank: O(bytes), and no extend is computed. */
export function stepsOf(log: EventLog, register: number, algorithm: AlgorithmName, digests: Digests): Steps {
  const { size } = ALGORITHMS[algorithm];
  const events = new Growing((length) => new Uint32Array(length));
  const row = new Row();
  const anchors: Anchor[] = [];
  log.scan(
    digests,
    (event, at, bank, bytes, offset) => {
      if (at !== register || bank !== algorithm) return;
      events.push(event);
      row.push(bytes, offset, size);
    },
    (_event, at, bank, value) => {
      if (at === register && bank === algorithm && value.length === size)
        anchors.push({ at: events.length, value });
    },
  );
  const start = startOf(log, register, algorithm);
  return { log, register, algorithm, size, start, events: events.done(), digests: row.done(), anchors };
}

/** The digest with this number in a row. */
export function digestAt(row: Uint8Array, size: number, index: number): Uint8Array {
  return row.subarray(index * size, (index + 1) * size);
}
