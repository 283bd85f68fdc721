/** `tsm log replay`: what the registers must hold if the log is true. */
import { toHex } from '@tsm/core';
import { replay, type EventLog, type Replay } from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readLog, type LogOptions } from '../input.ts';
import { byteSize, count, issueLines, registerTitle } from '../view/words.ts';

export interface ReplayOptions extends LogOptions {
  readonly register?: string;
}

/** Damage in the log is unreadable input; a log that contradicts itself differs; a bank that could not run is inconclusive. */
function replayExit(log: EventLog, replayed: Replay): ExitCode {
  if (log.issues.some((issue) => issue.severity === 'error')) return EXIT.input;
  if (replayed.issues.some((issue) => issue.code === 'replay.sync-mismatch')) return EXIT.differences;
  return replayed.issues.some((issue) => issue.code === 'replay.no-backend') ? EXIT.inconclusive : EXIT.ok;
}

export function logTitle(log: EventLog): string {
  const dialect = log.dialect === undefined ? '' : ` (${log.dialect})`;
  const tail = {
    none: '',
    unread: ', rest not read',
    'padding-00': ', padded with 00',
    'padding-ff': ', padded with FF',
  }[log.tail.kind];
  return `${log.format}${dialect} · ${count(log.count, 'event')} · ${byteSize(log.tail.offset)}${tail}`;
}

export async function logReplay(cli: Cli, file: string, options: ReplayOptions): Promise<Outcome> {
  const { log } = await readLog(cli, file, options);
  const { digests } = cli;
  const replayed = replay(
    log,
    options.register === undefined ? { digests } : { digests, register: options.register },
  );
  const issues = [...log.issues, ...replayed.issues];
  cli.say(`  ${cli.style.strong(file)}  ${logTitle(log)}`);
  const rows = replayed.registers.map((one) => [
    registerTitle(one.name),
    one.algorithm,
    String(one.extends),
    toHex(one.value),
  ]);
  const columns = [
    { title: 'register' },
    { title: 'bank' },
    { title: 'events', align: 'right' },
    { title: 'value', fill: true },
  ] as const;
  if (rows.length > 0) cli.sayTable(columns, rows, Number.MAX_SAFE_INTEGER);
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  const registers = replayed.registers.map(
    ({ name, ccMr, pcr, algorithm, start, value, extends: events }) => ({
      name,
      ...(ccMr === undefined ? {} : { ccMr }),
      ...(pcr === undefined ? {} : { pcr }),
      algorithm,
      start,
      value,
      events,
    }),
  );
  const { format, dialect, count: eventCount } = log;
  const json = { format, ...(dialect === undefined ? {} : { dialect }), registers, eventCount, issues };
  return { json, exit: replayExit(log, replayed) };
}
