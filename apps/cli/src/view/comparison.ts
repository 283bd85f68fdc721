/** A comparison of log and registers, for people and as JSON. */
import { printable } from '@tsm/core';
import type { Divergence, RegisterComparison } from '@tsm/eventlog';
import type { Cli } from '../cli.ts';
import type { Style } from '../io.ts';
import { mark, registerTitle, shortValue } from './words.ts';

const REASONS: Readonly<Record<Divergence['reason'], string>> = {
  sync: 'it states another value than the replay gives',
  'after-evidence': 'the register has the value from just before it: the evidence is older than the log',
  digest: 'its digest contradicts its data',
  'known-good': 'it is not as in the known-good log',
};

function word({ status, match, firstDivergence }: RegisterComparison): string {
  if (match) return 'agrees';
  if (status === 'notExplained') return 'not explained';
  return firstDivergence ? `differs at event ${firstDivergence.event}` : 'differs';
}

/** One row a register: is it right, and if not, where. */
export function sayComparison(cli: Cli, registers: readonly RegisterComparison[]): void {
  const { style } = cli;
  const rows = registers.map((one) => {
    const state = one.match ? 'good' : one.status === 'notExplained' ? 'unsure' : 'bad';
    const events = one.extends === 0 ? '–' : String(one.extends);
    return [
      registerTitle(one.name),
      events,
      shortValue(one.replayed),
      shortValue(one.expected),
      `${mark(style, state)} ${word(one)}`,
    ];
  });
  const head = [
    { title: 'register' },
    { title: 'events', align: 'right' },
    { title: 'log replays to' },
    { title: 'evidence says' },
    { title: '', fill: true },
  ] as const;
  cli.sayTable(head, rows);
}

const NOT_TOLD = [
  'the log is complete and consistent with itself, yet gives another value; a final',
  'value alone does not tell where: compare with a good log (--known-good FILE)',
];
const NOT_EXPLAINED = [
  'no event of this log extends it, yet it does not have its start value:',
  'a runtime log is missing, or it was extended without one',
];

/** For a register that does not agree: where it parts from the log, and what that means, in lines. */
export function divergenceLines(
  { name, match, status, firstDivergence }: RegisterComparison,
  style: Style,
): string[] {
  if (match) return [];
  const label = (lines: readonly string[]): string[] =>
    lines.map(
      (line, i) => `  ${i === 0 ? style.strong(registerTitle(name).padEnd(7)) : ' '.repeat(7)} ${line}`,
    );
  if (!firstDivergence) return label(status === 'notExplained' ? NOT_EXPLAINED : NOT_TOLD);
  const { event, offset, typeName, title, reason, proven } = firstDivergence;
  return label([
    `event ${event} at offset 0x${offset.toString(16)}  ${typeName}`,
    printable(title),
    `${REASONS[reason]}${proven ? ' — undoing it gives the value: proven' : ''}`,
  ]);
}

/** Shape of `--json`, documented in docs/cli.md. */
export function comparisonJson(registers: readonly RegisterComparison[]): unknown {
  return registers.map(
    ({ name, algorithm, expected, replayed, match, status, extends: events, firstDivergence }) => ({
      name,
      algorithm,
      expected,
      replayed,
      match,
      status,
      events,
      ...(firstDivergence ? { firstDivergence } : {}),
    }),
  );
}
