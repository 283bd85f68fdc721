/** The events of a log as lines of a table, with the value of the register after each. */
import { toHex, type AlgorithmName, type Chain, type Digests } from '@tsm/core';
import { checkEvent, registerIdentity, startOf, type EventLog, type LogEvent } from '@tsm/eventlog';
import type { RowFilter } from '../protocol/requests.ts';
import type { Fit, LogRow } from '../protocol/views.ts';

/** Such as `RTMR1`; with the bank where a log has several. */
export function registerTitle(log: EventLog, register: number, bank: AlgorithmName): string {
  const name = registerIdentity(log, register).name?.toUpperCase() ?? 'register';
  return log.algorithms.length > 1 ? `${name} · ${bank}` : name;
}

const FITS: Readonly<Record<ReturnType<typeof checkEvent>['state'], Fit>> = {
  ...{ matches: 'match', contradicts: 'mismatch', cannotTell: 'unknown' },
};

/** The table of one bank. Values are computed once; what the rows say, for those that are asked for. */
class Table {
  private readonly log: EventLog;
  private readonly bank: AlgorithmName | undefined;
  private readonly digests: Digests;
  private readonly values = new Map<number, Uint8Array>();
  private readonly found = new Map<string, readonly number[]>();

  constructor(log: EventLog, bank: AlgorithmName | undefined, digests: Digests) {
    this.log = log;
    this.bank = bank;
    this.digests = digests;
    if (bank === undefined || !digests.has(bank)) return;
    const chains = new Map<number, Chain>();
    log.scan(digests, (event, register, algorithm, bytes, offset) => {
      if (algorithm !== bank) return;
      let chain = chains.get(register);
      if (!chain) chains.set(register, (chain = digests.chain(bank, startOf(log, register, bank))));
      chain.extend(bytes, offset);
      this.values.set(event, chain.value());
    });
  }

  part(from: number, count: number, filter: RowFilter): { rows: LogRow[]; total: number } {
    const numbers = this.fitting(filter);
    const total = numbers?.length ?? this.log.count;
    const rows: LogRow[] = [];
    for (let at = Math.max(0, from); at < Math.min(total, from + count); at += 1)
      rows.push(this.row(this.log.event(numbers?.[at] ?? at)));
    return { rows, total };
  }

  private title({ register, measured }: LogEvent): string {
    return measured && this.bank !== undefined ? registerTitle(this.log, register, this.bank) : '–';
  }

  private row(event: LogEvent): LogRow {
    const { number, offset, length, typeName, digests } = event;
    const { state, covers } = checkEvent(event, this.digests);
    const digest = digests.find(({ algorithm }) => algorithm === this.bank)?.digest;
    const value = this.values.get(number);
    return {
      ...{ number, offset, length, register: this.title(event), type: typeName },
      ...{ title: event.content().title, digest: digest ? toHex(digest) : '', fit: FITS[state], covers },
      value: value ? toHex(value) : '',
    };
  }

  /** Numbers of the events that fit; undefined where all do. */
  private fitting({ register = '', search = '' }: RowFilter): readonly number[] | undefined {
    if (register === '' && search === '') return undefined;
    const key = JSON.stringify([register, search]);
    const known = this.found.get(key);
    if (known) return known;
    const wanted = search.toLowerCase();
    const numbers: number[] = [];
    for (const event of this.log) {
      if (register !== '' && this.title(event) !== register) continue;
      if (wanted !== '' && !this.says(event, wanted)) continue;
      numbers.push(event.number);
    }
    this.found.clear();
    this.found.set(key, numbers);
    return numbers;
  }

  private says(event: LogEvent, wanted: string): boolean {
    const { typeName, digests } = event;
    return (
      typeName.toLowerCase().includes(wanted) ||
      event.content().title.toLowerCase().includes(wanted) ||
      digests.some(({ digest }) => toHex(digest).includes(wanted))
    );
  }
}

/** Tables of the logs that are still in use. */
export class Tables {
  private readonly tables = new WeakMap<EventLog, Map<string, Table>>();
  private readonly digests: Digests;

  constructor(digests: Digests) {
    this.digests = digests;
  }

  /** `bank`: default the log's first. */
  of(log: EventLog, bank: string | undefined): Table {
    const algorithm = log.algorithms.find((one) => one === bank) ?? log.algorithms[0];
    let banks = this.tables.get(log);
    if (!banks) this.tables.set(log, (banks = new Map<string, Table>()));
    let table = banks.get(algorithm ?? '');
    if (!table) banks.set(algorithm ?? '', (table = new Table(log, algorithm, this.digests)));
    return table;
  }
}
