/** Reading logs and evidence in whatever wrapping they come. */
import { latin1Text, unwrap, type Unwrapped } from '@tsm/core';
import {
  decodeLog,
  isLog,
  LOG_FORMATS,
  TEXT_DIALECTS,
  type EventLog,
  type LogFormat,
  type TextDialect,
} from '@tsm/eventlog';
import type { Cli } from './cli.ts';
import { CliError, EXIT, usage } from './exit.ts';
import type { FoundEvidence } from './providers.ts';

export interface LogOptions {
  readonly format?: string;
  readonly dialect?: string;
}

export interface LogInput {
  readonly log: EventLog;
  readonly wrapping: Unwrapped<unknown>['wrapping'];
  readonly path: string;
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  const found = known.find((one) => one === value);
  if (value !== undefined && found === undefined)
    throw usage(`--${option} ${value}: expected one of ${known.join(', ')}`);
  return found;
}

/** The ACPI table that points to the log is often taken for the log. */
export function isAcpiTable(bytes: Uint8Array): boolean {
  return bytes.length === 56 && latin1Text(bytes.subarray(0, 4)) === 'CCEL';
}

/** A log from a file or standard input. Input that is no log at all is an error with exit code 3. */
export async function readLog(cli: Cli, file: string, options: LogOptions = {}): Promise<LogInput> {
  const bytes = await cli.io.read(file);
  const format: LogFormat | undefined = oneOf('format', options.format, LOG_FORMATS);
  const dialect: TextDialect | undefined = oneOf('dialect', options.dialect, TEXT_DIALECTS);
  const found = unwrap(bytes, (content) => isLog(content) || undefined);
  const content = found?.bytes ?? bytes;
  const log = decodeLog(content, { ...(format ? { format } : {}), ...(dialect ? { dialect } : {}) });
  const unknown = log.issues.find(
    (issue) => issue.code === 'log.unknown-format' || issue.code === 'log.empty',
  );
  if (unknown && isAcpiTable(bytes)) {
    const hint = 'the log is what it points to: /sys/firmware/acpi/tables/data/CCEL';
    throw new CliError(
      EXIT.input,
      'log.acpi-table',
      `${file}: this is the CCEL ACPI table, not the log`,
      hint,
    );
  }
  if (unknown) {
    const known = LOG_FORMATS.join(', ');
    throw new CliError(
      EXIT.input,
      unknown.code,
      `${file}: ${unknown.message}`,
      `formats: ${known} (binary, hex, base64, or inside JSON)`,
    );
  }
  return { log, wrapping: found?.wrapping ?? [], path: found?.path ?? '' };
}

/** Evidence from a file or standard input; exit code 3 when no provider recognises it. */
export async function readEvidence(
  cli: Cli,
  file: string,
  providers: readonly string[] = [],
): Promise<FoundEvidence> {
  const found = await cli.providers.evidence(await cli.io.read(file), providers);
  if (found) return found;
  const known = cli.providers.builtIn.map((provider) => provider.title).join(', ');
  throw new CliError(
    EXIT.input,
    'evidence.unknown',
    `${file}: no evidence that is known here`,
    `known: ${known} (binary, hex, base64, or inside JSON)`,
  );
}
