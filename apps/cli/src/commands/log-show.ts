/** `tsm log show`: every event in words, with whether its digest fits its data. */
import { printable, toHex } from '@tsm/core';
import { checkEvent, registerIdentity, type EventLog, type LogEvent } from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT } from '../exit.ts';
import { readLog, type LogOptions } from '../input.ts';
import { issueLines, mark, registerTitle, shortValue } from '../view/words.ts';
import { logTitle } from './log-replay.ts';

export interface ShowOptions extends LogOptions {
  readonly register?: string;
}

/** Terminals of this many columns have room for the digests. */
const WIDE = 110;

const SIGNS = { matches: 'good', contradicts: 'bad', cannotTell: 'unsure' } as const;

function isShown(log: EventLog, event: LogEvent, register: string | undefined): boolean {
  return (
    register === undefined || registerIdentity(log, event.register, register).name === register.toLowerCase()
  );
}

export async function logShow(cli: Cli, file: string, options: ShowOptions): Promise<Outcome> {
  const { log } = await readLog(cli, file, options);
  const { style } = cli;
  cli.say(`  ${style.strong(file)}  ${logTitle(log)}`);
  const wide = cli.io.columns >= WIDE;
  const rows: string[][] = [];
  const events: unknown[] = [];
  for (const event of log) {
    if (!isShown(log, event, options.register)) continue;
    const { name } = registerIdentity(log, event.register, options.register);
    const { kind, title, fields, issues } = event.content();
    const { state } = checkEvent(event, cli.digests);
    const { number, type, typeName, digests, offset, length, dataOffset, data, measured } = event;
    const shown = digests.at(-1);
    const sign = measured ? mark(style, SIGNS[state]) : '–';
    const digest = shown && measured ? shortValue(shown.digest) : '';
    rows.push([
      String(number),
      measured ? registerTitle(name) : '–',
      typeName,
      sign,
      ...(wide ? [digest] : []),
      printable(title),
    ]);
    events.push({
      ...{
        number,
        register: name,
        type,
        typeName,
        measured,
        title,
        kind,
        fields,
        offset,
        length,
        dataOffset,
        data: toHex(data),
      },
      ...{
        digests: digests.map(({ tcgId, algorithm, digest }) => ({ tcgId, algorithm, digest })),
        digestCheck: state,
        issues,
      },
    });
  }
  const columns = [
    { title: '#', align: 'right' },
    { title: 'register' },
    { title: 'type' },
    { title: '' },
    ...(wide ? [{ title: 'digest' }] : []),
    { title: 'what it means', fill: true },
  ] as const;
  if (rows.length > 0) cli.sayTable(columns, rows);
  cli.say(style.quiet('  ✔ digest fits the data   ✘ contradicts it   ? cannot be told   – not measured'));
  for (const line of issueLines(log.issues, style)) cli.say(line);
  const { format, dialect, count: eventCount, issues } = log;
  const json = { format, ...(dialect === undefined ? {} : { dialect }), eventCount, events, issues };
  return { json, exit: issues.some((issue) => issue.severity === 'error') ? EXIT.input : EXIT.ok };
}
