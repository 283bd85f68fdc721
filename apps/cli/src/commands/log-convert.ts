/** `tsm log convert`: a log in another format, shown to replay to the same registers, with what it cannot carry. */
import { algorithmOfText, ALGORITHMS, printable, utf8Text } from '@tsm/core';
import {
  convert,
  LOG_FORMATS,
  TEXT_DIALECTS,
  type Conversion,
  type Converted,
  type ConvertTarget,
  type EventLog,
  type LogFormat,
  type Refusal,
  type RefusalCode,
} from '@tsm/eventlog';
import stringWidth from 'string-width';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage, type ExitCode } from '../exit.ts';
import { readLog } from '../input.ts';
import { table } from '../view/table.ts';
import { count, indented, mark } from '../view/words.ts';
import { logTitle } from './log-replay.ts';
import { exists } from './log-write.ts';

export interface LogConvertOptions {
  readonly to: string;
  readonly dialect: string;
  readonly register?: string;
  readonly algorithm?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly format?: string;
  readonly fromDialect?: string;
  readonly json?: boolean;
}

/** Formats that are lines of text; all others are bytes, or JSON in one line. */
const TEXTS: ReadonlySet<LogFormat> = new Set(['tsm-text', 'ima-ascii']);
const BINARY: ReadonlySet<LogFormat> = new Set([
  ...(['ccel', 'tcg2', 'tcg1', 'cel-tlv', 'cel-cbor', 'ima-binary'] as const),
]);

/** Exit codes of refusals: 3, the source does not fit the target, for those that are not here. */
const REFUSAL_EXITS: Partial<Record<RefusalCode, ExitCode>> = {
  'convert.register-name': EXIT.usage,
  'convert.register-unknown': EXIT.usage,
  'convert.register-needed': EXIT.usage,
  'convert.register-unnamed': EXIT.usage,
  'convert.algorithm-unknown': EXIT.usage,
  'convert.no-backend': EXIT.inconclusive,
  'convert.replay-differs': EXIT.differences,
};

/** Options that the remedy of a refusal means. */
const OPTIONS: Partial<Record<RefusalCode, string>> = {
  'convert.register-needed': '--register NAME',
  'convert.register-unnamed': '--register NAME',
  'convert.register-unknown': '--register NAME',
  'convert.register-name': '--register NAME',
  'convert.algorithm-unknown': '--algorithm NAME',
  'convert.bank': '--algorithm NAME',
  'convert.no-backend': '--algorithm NAME',
};

function targetOf({ to, dialect, register, algorithm }: LogConvertOptions): ConvertTarget {
  const format = LOG_FORMATS.find((one) => one === to);
  if (!format) throw usage(`--to ${to}: expected one of ${LOG_FORMATS.join(', ')}`);
  const spoken = TEXT_DIALECTS.find((one) => one === dialect);
  if (!spoken) throw usage(`--dialect ${dialect}: expected one of ${TEXT_DIALECTS.join(', ')}`);
  const bank = algorithm === undefined ? undefined : algorithmOfText(algorithm);
  if (algorithm !== undefined && !bank)
    throw usage(`--algorithm ${algorithm}: expected one of ${Object.keys(ALGORITHMS).join(', ')}`);
  return {
    format,
    ...(format === 'tsm-text' ? { dialect: spoken } : {}),
    ...(register === undefined ? {} : { register }),
    ...(bank ? { algorithm: bank } : {}),
  };
}

const nameOf = ({ format, dialect }: Pick<EventLog, 'format' | 'dialect'>): string =>
  dialect === undefined ? format : `${format} (${dialect})`;

/** What was written, what is held, and what is lost, as lines of a terminal. */
function reportLines(cli: Cli, from: EventLog, converted: Converted, written: string): string[] {
  const { log, registers, losses } = converted;
  const { style, io } = cli;
  const all = registers.length;
  const same = `${String(all)} of ${count(all, 'register')} ${all === 1 ? 'replays' : 'replay'} to the same value${all === 1 ? '' : 's'}`;
  const head = [
    `  ${style.strong(written)}  ${logTitle(log)}, from ${nameOf(from)}`,
    `  ${mark(style, 'good')} ${same}`,
  ];
  if (losses.length === 0) return [...head, '  nothing is lost'];
  const rows = losses.map(({ words, events, first }) => [
    events === 0 ? 'the log' : count(events, 'event'),
    events === 0 ? '' : `${first.join(' ')}${events > first.length ? ' …' : ''}`,
    printable(words),
  ]);
  const columns = [{ title: 'lost by' }, { title: 'numbers' }, { title: 'what' }];
  const wide = [...table(columns, rows, Number.MAX_SAFE_INTEGER, style)].flatMap((part) => part.split('\n'));
  if (wide.every((line) => stringWidth(line) <= io.columns)) return [...head, ...wide];
  const long = rows.flatMap(([by = '', numbers = '', what = '']) => [
    `  ${style.quiet('lost by')} ${by}${numbers === '' ? '' : ` (${numbers})`}`,
    ...indented(what, 4, io.columns),
  ]);
  return [...head, ...long];
}

async function write(cli: Cli, { bytes, log }: Converted, options: LogConvertOptions): Promise<void> {
  const { out = '-', force } = options;
  if (out !== '-') {
    if (force !== true && (await exists(cli, out)))
      throw usage(`${out} exists`, 'give --force to replace it');
    await cli.io.write(out, bytes);
    return;
  }
  if (!cli.io.terminal) {
    await cli.io.write(out, bytes);
    return;
  }
  if (BINARY.has(log.format))
    throw usage(`${log.format} is binary, and standard output is a terminal`, 'give -o FILE, or a pipe');
  const lines = utf8Text(bytes).split('\n');
  cli.io.out(
    TEXTS.has(log.format) ? lines.map(printable).join('\n') : `${lines.map(printable).join('\n')}\n`,
  );
}

function refused(cli: Cli, from: EventLog, target: ConvertTarget, refusal: Refusal, json: boolean): Outcome {
  const { code, words, remedy } = refusal;
  const option = OPTIONS[code];
  const what = { ...refusal, remedy: option === undefined ? remedy : `${remedy} (${option})` };
  if (!json) {
    cli.io.err(`error: ${printable(words)}\n`);
    for (const line of indented(what.remedy, 2, cli.io.columns)) cli.io.err(`${line}\n`);
  }
  const exit = REFUSAL_EXITS[code] ?? EXIT.input;
  return {
    json: { from: nameOf(from), to: nameOf(target), written: null, registers: [], losses: [], refused: what },
    exit,
  };
}

function converted(cli: Cli, from: EventLog, conversion: Converted, options: LogConvertOptions): Outcome {
  const { registers, losses, log, bytes } = conversion;
  const { out } = options;
  const toFile = out !== undefined && out !== '-';
  if (options.json !== true) {
    for (const line of reportLines(cli, from, conversion, toFile ? out : 'standard output')) {
      if (toFile) cli.say(line);
      else cli.io.err(`${line}\n`);
    }
  }
  const json = {
    ...{ from: nameOf(from), to: nameOf(log), written: toFile ? out : null, registers, losses },
    ...(toFile ? {} : { log: bytes }),
  };
  return { json, exit: EXIT.ok };
}

/**
 * Converts a log. Without a file, the log goes to standard output and the report to standard error; in JSON mode the
 * document holds both.
 */
export async function logConvert(cli: Cli, file: string, options: LogConvertOptions): Promise<Outcome> {
  const target = targetOf(options);
  const json = options.json === true;
  const { log } = await readLog(cli, file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.fromDialect === undefined ? {} : { dialect: options.fromDialect }),
  });
  const conversion: Conversion = convert(log, target, { digests: cli.digests });
  if (conversion.refused) return refused(cli, log, target, conversion.refused, json);
  if (!json || (options.out !== undefined && options.out !== '-')) await write(cli, conversion, options);
  return converted(cli, log, conversion, options);
}
