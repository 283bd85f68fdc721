/** `tsm log new` and `tsm log append`: writing text logs, by the rules of the kernel patch that defined them. */
import { algorithmOfText, ALGORITHMS, concat, concatAll, fromHex, toHex, utf8Text } from '@tsm/core';
import {
  appendText,
  openText,
  replay,
  resumeText,
  startText,
  TEXT_DIALECTS,
  type TextStep,
} from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { readLog } from '../input.ts';
import { shortValue } from '../view/words.ts';

export interface NewOptions {
  readonly algorithm: string;
  readonly dialect: string;
  readonly start?: string;
  readonly force?: boolean;
}

export interface AppendOptions {
  readonly dialect?: string;
}

function outcome(cli: Cli, file: string, { added, extends: digests, writer }: TextStep): Outcome {
  const { algorithm, value } = writer;
  for (const line of utf8Text(added).split('\n'))
    if (line !== '') cli.say(`  ${cli.style.good('+')} ${line}`);
  cli.say(`  register is now ${shortValue(value)} ${cli.style.quiet(`(${algorithm}, ${toHex(value)})`)}`);
  return { json: { file, algorithm, added: utf8Text(added), digests, value }, exit: EXIT.ok };
}

/** A new log, with the line that says which value the register had before. */
export async function logNew(cli: Cli, file: string, options: NewOptions): Promise<Outcome> {
  const algorithm = algorithmOfText(options.algorithm);
  if (!algorithm || !cli.digests.has(algorithm))
    throw usage(`--algorithm ${options.algorithm}: expected sha256, sha384 or sha512`);
  const dialect = TEXT_DIALECTS.find((one) => one === options.dialect);
  if (!dialect) throw usage(`--dialect ${options.dialect}: expected one of ${TEXT_DIALECTS.join(', ')}`);
  const { size } = ALGORITHMS[algorithm];
  const start = options.start === undefined ? new Uint8Array(size) : fromHex(options.start);
  if (start?.length !== size) throw usage(`--start: expected ${2 * size} hex digits for ${algorithm}`);
  const step = openText(startText(dialect, algorithm, start), cli.digests);
  if (options.force !== true && (await exists(cli, file)))
    throw usage(`${file} exists`, 'give --force to replace it');
  await cli.io.write(file, step.added);
  return outcome(cli, file, step);
}

/** Is there such a file? Anything but its absence is an error. */
export async function exists(cli: Cli, file: string): Promise<boolean> {
  try {
    await cli.io.read(file);
    return true;
  } catch (error) {
    if (error instanceof CliError && error.message.endsWith('no such file')) return false;
    throw error;
  }
}

/** Adds events to a text log. The log is replayed first, so that a SYNC that is due has the right value. */
export async function logAppend(
  cli: Cli,
  file: string,
  events: readonly string[],
  options: AppendOptions,
): Promise<Outcome> {
  const { log } = await readLog(cli, file, { format: 'tsm-text', ...options });
  const [register] = replay(log, { digests: cli.digests }).registers;
  if (log.dialect === undefined || !register)
    throw usage(`${file} is not a text log`, 'only text logs can be appended to');
  const damage = log.issues.find((issue) => issue.severity === 'error');
  if (damage)
    throw new CliError(
      EXIT.input,
      damage.code,
      `${file}: ${damage.message}`,
      'mend the log before adding to it',
    );
  let writer = resumeText(log.dialect, register.algorithm, register.value, log.bytes);
  const steps = events.map((event) => {
    const step = appendText(writer, event, cli.digests);
    ({ writer } = step);
    return step;
  });
  const all = {
    added: concatAll(steps.map((step) => step.added)),
    extends: steps.flatMap((step) => step.extends),
    writer,
  };
  await cli.io.write(file, concat(log.bytes, all.added));
  return outcome(cli, file, all);
}
