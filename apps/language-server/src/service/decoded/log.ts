/**
 * The text of a decoded log: line n is event n, after them the registers. What an editor shows of it beside the words is
 * taken from the log itself.
 */
import { printable, toHex, type AlgorithmName, type Chain, type Digests, type Issue } from '@tsm/core';
import { checkEvent, registerIdentity, replay, startOf, type EventLog } from '@tsm/eventlog';
import type { Diagnostic, DocumentSymbol, Hover, InlayHint, Range } from '../../protocol/lsp.ts';
import { shortValue } from '../context.ts';
import { diagnosticOf } from '../log/diagnostics.ts';

/** A line of any length: editors cut it to what there is. */
const lineRange = (line: number): Range => ({
  start: { line, character: 0 },
  end: { line, character: 10_000 },
});

export class DecodedLog {
  readonly log: EventLog;
  private readonly digests: Digests;
  private values: Map<number, Uint8Array> | undefined;

  constructor(log: EventLog, digests: Digests) {
    this.log = log;
    this.digests = digests;
  }

  /** Bank whose running values are shown: the first that can be computed. */
  private get bank(): AlgorithmName | undefined {
    return this.log.algorithms.find((algorithm) => this.digests.has(algorithm));
  }

  private title(register: number): string {
    return registerIdentity(this.log, register).name?.toUpperCase() ?? 'register';
  }

  /** Values after each event of one bank, computed once. */
  private running(): ReadonlyMap<number, Uint8Array> {
    const { log, bank, digests } = this;
    if (this.values) return this.values;
    const values = (this.values = new Map<number, Uint8Array>());
    const chains = new Map<number, Chain>();
    if (bank === undefined) return values;
    log.scan(digests, (event, register, algorithm, bytes, offset) => {
      if (algorithm !== bank) return;
      const chain = chains.get(register) ?? digests.chain(bank, startOf(log, register, bank));
      chains.set(register, chain);
      chain.extend(bytes, offset);
      values.set(event, chain.value());
    });
    return values;
  }

  /** Issues at the event that they are about, and events whose digest contradicts their data. */
  diagnostics(): Diagnostic[] {
    const { log, digests } = this;
    const at = ({ path }: Issue): number => Number(/^events\[(\d+)\]/.exec(path)?.[1] ?? 0);
    const issues = [...log.issues, ...replay(log, { digests }).issues];
    const found = issues.map((issue) => diagnosticOf(issue, lineRange(at(issue))));
    for (const event of log) {
      const { state, covers } = checkEvent(event, digests);
      if (state !== 'contradicts') continue;
      const message = `the digest is not that of the ${covers}: digest or data was changed`;
      found.push(diagnosticOf({ code: 'log.digest', severity: 'warning', message }, lineRange(event.number)));
    }
    return found;
  }

  hover(line: number): Hover | undefined {
    const { log } = this;
    if (line >= log.count) return undefined;
    const event = log.event(line);
    const { number, register, typeName, offset, length, digests, measured } = event;
    const { state, covers } = checkEvent(event, this.digests);
    const value = this.running().get(number);
    const range = `bytes 0x${offset.toString(16)}–0x${(offset + length).toString(16)}`;
    const lines = [
      `**${measured ? this.title(register) : 'extends nothing'}** · event ${number} · ${typeName}`,
      `\`${printable(event.content().title).replaceAll('`', "'")}\``,
      ...digests.map(({ algorithm, digest }) => `${algorithm ?? 'unknown'} \`${toHex(digest)}\``),
      `digest check: ${state} (${covers})`,
      ...(value ? [`after: ${this.bank ?? ''} \`${toHex(value)}\``] : []),
      range,
    ];
    return { range: lineRange(line), contents: { kind: 'markdown', value: lines.join('\n\n') } };
  }

  inlayHints({ start, end }: Range, lengthOf: (line: number) => number): InlayHint[] {
    const hints: InlayHint[] = [];
    for (let line = start.line; line <= Math.min(end.line, this.log.count - 1); line++) {
      const value = this.running().get(line);
      if (!value) continue;
      hints.push({
        ...{ position: { line, character: lengthOf(line) }, paddingLeft: true },
        label: `⟵ ${this.title(this.log.event(line).register)} ${shortValue(value)}`,
        tooltip: `${this.bank ?? ''} ${toHex(value)}`,
      });
    }
    return hints;
  }

  /** Registers, and their events. */
  symbols(): DocumentSymbol[] {
    const groups = new Map<string, DocumentSymbol[]>();
    for (const event of this.log) {
      const { number, register, typeName, measured } = event;
      const name = measured ? this.title(register) : 'extends nothing';
      const range = lineRange(number);
      const symbol = {
        name: printable(event.content().title) || typeName,
        detail: typeName,
        kind: 24 as const,
      };
      const group = groups.get(name) ?? [];
      group.push({ ...symbol, range, selectionRange: range });
      groups.set(name, group);
    }
    return [...groups].map(([name, children]) => {
      const first = children[0]?.range ?? lineRange(0);
      const end = children.at(-1)?.range.end ?? first.end;
      const range = { start: first.start, end };
      return { name, detail: `${children.length} events`, kind: 2, range, selectionRange: first, children };
    });
  }
}
