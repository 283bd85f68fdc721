/** A verdict for people: is it right, if not where and why, what now, and what was not looked at. */
import { printable, type Check, type CheckStatus, type Verdict } from '@tsm/core';
import stringWidth from 'string-width';
import type { Cli } from '../cli.ts';
import type { Style } from '../io.ts';
import { indented } from './words.ts';

const WORDS = { pass: 'PASS', fail: 'FAIL', inconclusive: 'INCONCLUSIVE' } as const;

function statusMark(style: Style, status: CheckStatus): string {
  return {
    pass: style.good('✔'),
    fail: style.bad('✘'),
    skipped: style.unsure('?'),
    notApplicable: style.quiet('–'),
  }[status];
}

/** `PASS`, and the vendor's word for the platform's TCB. */
export function verdictWords({ style }: Cli, { verdict, tcbStatus }: Verdict): string {
  const paint = { pass: style.good, fail: style.bad, inconclusive: style.unsure }[verdict];
  return `${paint(WORDS[verdict])}${tcbStatus === undefined ? '' : `  ${tcbStatus}`}`;
}

/** Text that may be long, such as a digest, cut in its middle. */
function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  const half = Math.max(4, Math.floor((room - 1) / 2));
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** What a person needs to know of a check that did not pass. */
function reasons({ expected, actual, range, spec, remedy }: Check): [string, string][] {
  const bytes =
    range &&
    `0x${range.offset.toString(16)} … 0x${(range.offset + Math.max(0, range.length - 1)).toString(16)}`;
  const rows = { expected, found: actual, bytes, spec, 'what now': remedy };
  return Object.entries(rows).flatMap(([label, text]) => (text === undefined ? [] : [[label, text]]));
}

/** A shorter rest of a line is left empty. */
const MIN_DETAIL = 12;

/** Titles of one level stand in one column. */
function titleWidth(checks: readonly Check[]): number {
  return Math.min(44, Math.max(...checks.map(({ title }) => title.length)));
}

function* checkLines(cli: Cli, checks: readonly Check[], depth: number, all: boolean): Generator<string> {
  const { style, columns } = cli.io;
  const width = titleWidth(checks);
  for (const check of checks) {
    const { title, status, actual, checks: inner = [] } = check;
    const lead = `${'  '.repeat(depth + 1)}${statusMark(style, status)} ${printable(title).padEnd(width)}`;
    const open = status === 'fail' || status === 'skipped';
    const room = columns - stringWidth(lead) - 2;
    const text = actual === undefined || (open && inner.length === 0) ? '' : printable(actual);
    // Words are never cut in their middle, as values are: what does not fit goes below.
    const below = text.includes(' ') && text.length > room;
    const beside = below || room < MIN_DETAIL ? '' : cut(text, room);
    yield `${lead}  ${style.quiet(beside)}`.trimEnd();
    if (below) for (const line of indented(text, 2 * depth + 6, columns)) yield style.quiet(line);
    if (open && inner.length === 0)
      for (const [label, text] of reasons(check)) {
        const [first = '', ...rest] = indented(printable(text), 2 * depth + 16, columns);
        yield `${' '.repeat(2 * depth + 6)}${style.quiet(label.padEnd(10))}${first.trimStart()}`;
        yield* rest;
      }
    if (open || all) yield* checkLines(cli, inner, depth + 1, all);
  }
}

/** `all`: also the checks inside groups that passed. */
export function sayVerdict(cli: Cli, verdict: Verdict, all: boolean): void {
  for (const line of checkLines(cli, verdict.checks, 0, all)) cli.say(line);
  for (const { id, reason } of verdict.notChecked) {
    const [first = '', ...rest] = indented(printable(`${id}: ${reason}`), 4, cli.io.columns);
    cli.say(`  ${cli.style.quiet(`– ${first.trimStart()}`)}`);
    for (const line of rest) cli.say(cli.style.quiet(line));
  }
  if (verdict.notChecked.length > 0) cli.say(cli.style.quiet('    (– was not checked)'));
}
