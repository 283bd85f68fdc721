/** A comparison of log and registers, for people and as JSON. */
import type { Divergence, RegisterComparison } from '@tsm/eventlog';
import { printable } from '../cli.ts';
import type { Style } from '../io.ts';
import { table } from './table.ts';
import { mark, registerTitle, shortValue } from './words.ts';

const REASONS: Readonly<Record<Divergence['reason'], string>> = {
  sync: 'it states another value than the replay gives',
  'after-evidence': 'the register has the value from just before it: the evidence is older than the log',
  digest: 'its digest contradicts its data',
  'known-good': 'it is not as in the known-good log',
};

function meaning({ status, match, firstDivergence }: RegisterComparison): string {
  if (match) return '';
  if (status === 'notExplained') return 'not explained: no event here extends it';
  return firstDivergence ? `first divergence: event ${firstDivergence.event}` : 'differs; the final value alone does not tell where';
}

/** One row a register: is it right, and if not, where. */
export function comparisonTable(registers: readonly RegisterComparison[], columns: number, style: Style): string {
  const rows = registers.map((one) => {
    const state = one.match ? 'good' : one.status === 'notExplained' ? 'unsure' : 'bad';
    return [registerTitle(one.name), String(one.extends), shortValue(one.replayed), shortValue(one.expected), `${mark(style, state)} ${meaning(one)}`];
  });
  const head = [
    { title: 'register' },
    { title: 'events', align: 'right' },
    { title: 'log replays to' },
    { title: 'evidence says' },
    { title: '', fill: true },
  ] as const;
  return table(head, rows, columns, style);
}

/** Where log and register part, in lines. */
export function divergenceLines({ name, firstDivergence }: RegisterComparison, style: Style): string[] {
  if (!firstDivergence) return [];
  const { event, offset, typeName, title, reason, proven } = firstDivergence;
  const proof = proven ? ' Undoing it gives the value of the evidence: proven.' : '';
  return [
    `  ${style.strong(registerTitle(name))}  event ${event}  ${typeName}  ${printable(title)}`,
    `         offset 0x${offset.toString(16)}: ${REASONS[reason]}.${proof}`,
  ];
}

/** Shape of `--json`, documented in docs/cli.md. */
export function comparisonJson(registers: readonly RegisterComparison[]): unknown {
  return registers.map(({ name, algorithm, expected, replayed, match, status, extends: events, firstDivergence }) => ({
    name,
    algorithm,
    expected,
    replayed,
    match,
    status,
    events,
    ...(firstDivergence ? { firstDivergence } : {}),
  }));
}
