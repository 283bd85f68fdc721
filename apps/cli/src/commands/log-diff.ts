/** `tsm log diff`: two boots or more, compared event by event, in words; and the text form for `git diff`. */
import { printable } from '@tsm/core';
import {
  diffLogs,
  diffText,
  logText,
  type Difference,
  type EventLog,
  type RegisterDiff,
} from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { readLog, type LogOptions } from '../input.ts';
import { count, mark, registerTitle } from '../view/words.ts';

export interface DiffOptions extends LogOptions {
  readonly text?: boolean;
}

async function readLogs(cli: Cli, files: readonly string[], options: LogOptions): Promise<EventLog[]> {
  const logs: EventLog[] = [];
  for (const file of files) logs.push((await readLog(cli, file, options)).log);
  return logs;
}

function place({ before, after }: Difference): string {
  return `${before === null ? '–' : String(before.event)} → ${after === null ? '–' : String(after.event)}`;
}

function showRegister(cli: Cli, { name, differences, sameValue }: RegisterDiff): void {
  const value = sameValue ? 'same value' : 'another value';
  const sign = mark(cli.style, sameValue ? 'good' : 'bad');
  cli.say(
    `  ${sign} ${cli.style.strong(registerTitle(name))}  ${value}, ${count(differences.length, 'difference')}`,
  );
  const rows = differences.map((one) => [place(one), printable(one.words)]);
  cli.sayTable([{ title: 'events' }, { title: 'what differs', fill: true }], rows);
}

/** Compares each file with the first. Exit code 8 when any of them differs. */
export async function logDiff(cli: Cli, files: readonly string[], options: DiffOptions): Promise<Outcome> {
  if (files.length < 2)
    throw usage('one log alone has nothing to be compared with', 'name two files or more');
  const diff = diffLogs(await readLogs(cli, files, options), { digests: cli.digests });
  const equal = diff.diffs.every((one) => one.equal);
  const exit = equal ? EXIT.ok : EXIT.differences;
  if (options.text === true) {
    for (const line of diffText(diff).trimEnd().split('\n')) cli.say(printable(line));
    return { json: { files, ...diff }, exit };
  }
  for (const { log, registers, equal: same } of diff.diffs) {
    cli.say(
      `  ${cli.style.strong(files[0] ?? '')} and ${cli.style.strong(files[log] ?? '')}${same ? ' are the same, event by event' : ''}`,
    );
    for (const one of registers) if (one.differences.length > 0 || !one.sameValue) showRegister(cli, one);
  }
  if (diff.groups.length > 1 && files.length > 2) {
    const groups = diff.groups.map((group) => group.map((one) => files[one]).join(', '));
    cli.say(`  by register values: ${groups.map((one) => `{${one}}`).join('  ')}`);
  }
  return { json: { files, ...diff }, exit };
}

/** One line an event, the same for the same log: what `git diff` shows with `textconv = tsm log text`. */
export async function logTextOf(cli: Cli, file: string, options: LogOptions): Promise<Outcome> {
  const { log } = await readLog(cli, file, options);
  const text = logText(log, { digests: cli.digests });
  for (const line of text.trimEnd().split('\n')) cli.say(printable(line));
  return { json: { file, text }, exit: EXIT.ok };
}
