/** `tsm log replay`: what the registers must hold if the log is true. */
import { toHex, type Issue } from '@tsm/core';
import { replay, replayStream, type EventLog, type ReplayedRegister } from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readLog, type LogOptions } from '../input.ts';
import { byteSize, count, issueLines, registerTitle } from '../view/words.ts';

export interface ReplayOptions extends LogOptions {
  readonly register?: string;
}

/** What a replay found, whether the log was read whole or in parts. */
interface Replayed extends LogSummary {
  readonly registers: readonly ReplayedRegister[];
  readonly issues: readonly Issue[];
}

/** What the title line says of a log. */
type LogSummary = Pick<EventLog, 'format' | 'count' | 'tail'> & Partial<Pick<EventLog, 'dialect'>>;

/** A log that contradicts itself differs; a bank that could not run is inconclusive; other damage is unreadable input. */
function replayExit({ issues }: Replayed): ExitCode {
  const codes = issues.flatMap(({ severity, code }) => (severity === 'error' ? code : []));
  if (codes.some((code) => !code.startsWith('replay.'))) return EXIT.input;
  if (codes.includes('replay.sync-mismatch')) return EXIT.differences;
  return codes.includes('replay.no-backend') ? EXIT.inconclusive : EXIT.ok;
}

async function replayFile(cli: Cli, file: string, options: ReplayOptions): Promise<Replayed> {
  const { digests } = cli;
  const parts = await cli.io.large(file);
  if (parts) {
    const format = (['ccel', 'tcg2', 'tcg1'] as const).find((one) => one === options.format);
    return replayStream(parts, format ? { digests, format } : { digests });
  }
  const { log } = await readLog(cli, file, options);
  const { register } = options;
  const replayed = replay(log, register === undefined ? { digests } : { digests, register });
  const { format, dialect, count: events, tail } = log;
  const summary = { format, count: events, tail, ...(dialect === undefined ? {} : { dialect }) };
  return { ...summary, registers: replayed.registers, issues: [...log.issues, ...replayed.issues] };
}

export function logTitle(log: LogSummary): string {
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
  const replayed = await replayFile(cli, file, options);
  const { format, dialect, count: eventCount, issues } = replayed;
  cli.say(`  ${cli.style.strong(file)}  ${logTitle(replayed)}`);
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
  const json = { format, ...(dialect === undefined ? {} : { dialect }), registers, eventCount, issues };
  return { json, exit: replayExit(replayed) };
}
