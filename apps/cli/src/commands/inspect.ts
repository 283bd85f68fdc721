/** `tsm inspect`: what a file is, and what is in it, with byte ranges. */
import { toHex, unwrap, type Evidence } from '@tsm/core';
import { decodeStrict } from '@tsm/core/layout';
import { decodeLog, isLog, replay } from '@tsm/eventlog';
import { CCEL_TABLE } from '@tsm/eventlog/layouts';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT } from '../exit.ts';
import { collateralItems, type CollateralItems } from '../collateral-items.ts';
import { isAcpiTable } from '../input.ts';
import { treeJson, treeLines } from '../view/fields.ts';
import { byteSize, count, issueLines, registerTitle, shortValue } from '../view/words.ts';
import { itemJson, sayItems } from './collateral.ts';
import { logTitle } from './log-replay.ts';

/** The wrapping in words, for the line that says what the file is. */
function wrapped(wrapping: readonly string[], path: string): string {
  const where = path === '' ? '' : ` at ${path}`;
  return wrapping.length === 0 ? '' : ` · in ${wrapping.join(', ')}${where}`;
}

function showEvidence(cli: Cli, file: string, evidence: Evidence, how: string, fields: boolean): Outcome {
  const { technology, format, registers, reportData, tree, issues, trailing } = evidence;
  cli.say(
    `  ${cli.style.strong(file)}  ${technology} ${format} · ${byteSize(tree.length)}${trailing > 0 ? ` + ${byteSize(trailing)} after it` : ''}${how}`,
  );
  for (const { name, value } of registers)
    cli.say(`  ${registerTitle(name).padEnd(14)} ${cli.io.columns < 120 ? shortValue(value) : toHex(value)}`);
  cli.say(`  ${'report data'.padEnd(14)} ${shortValue(reportData)}`);
  if (fields) for (const line of treeLines(cli, tree, 0)) cli.say(line);
  else cli.say(cli.style.quiet('  every field with its bytes: --fields · is it genuine? not checked here'));
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  const failed = issues.some((issue) => issue.severity === 'error');
  const named = registers.map(({ name, value, offset }) => ({ name, value, offset }));
  const json = {
    kind: 'evidence',
    technology,
    format,
    length: tree.length,
    trailing,
    registers: named,
    reportData,
    fields: treeJson(tree),
    issues,
  };
  return { json, exit: failed ? EXIT.input : EXIT.ok };
}

/** The ACPI table that says where the log is: not the log itself, which is what people often mix up. */
function showAcpiTable(cli: Cli, file: string, bytes: Uint8Array): Outcome {
  const table = decodeStrict(CCEL_TABLE, bytes);
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
  cli.say(
    `  ${cli.style.strong(file)}  CCEL ACPI table · type ${table.ccType} · log area of ${byteSize(Number(table.logAreaMinimumLength))} at 0x${table.logAreaStartAddress.toString(16)}`,
  );
  cli.say(
    `  checksum ${sum === 0 ? cli.style.good('✔') : cli.style.bad('✘')}   the log itself is in /sys/firmware/acpi/tables/data/CCEL`,
  );
  return {
    json: { kind: 'ccel-acpi', ...table, checksumValid: sum === 0 },
    exit: sum === 0 ? EXIT.ok : EXIT.input,
  };
}

/** Certificates, revocation lists, keys and the vendors' JSON. */
function showCollateral(
  cli: Cli,
  file: string,
  { items, issues }: CollateralItems,
  fields: boolean,
): Outcome {
  cli.say(`  ${cli.style.strong(file)}  ${count(items.length, 'piece')} of collateral`);
  sayItems(cli, items, cli.io.now());
  const trees = items.flatMap(({ tree }) => tree ?? []);
  if (fields) for (const tree of trees) for (const line of treeLines(cli, tree, 0)) cli.say(line);
  else cli.say(cli.style.quiet('  every field with its bytes: --fields'));
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  const json = {
    kind: 'collateral',
    items: items.map((item) => ({
      ...itemJson(item, cli.io.now()),
      ...(item.tree ? { fields: treeJson(item.tree) } : {}),
    })),
    issues,
  };
  return { json, exit: issues.some(({ severity }) => severity === 'error') ? EXIT.input : EXIT.ok };
}

export async function inspect(
  cli: Cli,
  file: string,
  options: { readonly fields?: boolean; readonly provider?: readonly string[] },
): Promise<Outcome> {
  const bytes = await cli.io.read(file);
  const evidence = await cli.providers.evidence(bytes, options.provider);
  if (evidence) {
    return showEvidence(
      cli,
      file,
      evidence.content,
      wrapped(evidence.wrapping, evidence.path),
      options.fields === true,
    );
  }
  if (isAcpiTable(bytes)) return showAcpiTable(cli, file, bytes);
  const found = unwrap(bytes, (content) => isLog(content) || undefined);
  if (!found) {
    const collateral = collateralItems(file, bytes);
    if (collateral.items.length > 0) return showCollateral(cli, file, collateral, options.fields === true);
    throw new CliError(
      EXIT.input,
      'input.unknown',
      `${file}: neither a log nor evidence that is known here`,
      'known: event logs, evidence of TDX, SEV-SNP, CCA and CoVE, certificates and collateral',
    );
  }
  const log = decodeLog(found.bytes);
  const { registers } = replay(log, { digests: cli.digests });
  cli.say(`  ${cli.style.strong(file)}  ${logTitle(log)}${wrapped(found.wrapping, found.path)}`);
  for (const { name, algorithm, extends: events } of registers)
    cli.say(`  ${registerTitle(name).padEnd(10)} ${algorithm.padEnd(8)} ${events} extends`);
  cli.say(cli.style.quiet('  its events: tsm log show · its registers: tsm log replay'));
  for (const line of issueLines(log.issues, cli.style)) cli.say(line);
  const banks = registers.map(({ name, algorithm, extends: events }) => ({ name, algorithm, events }));
  const json = {
    kind: 'log',
    format: log.format,
    dialect: log.dialect,
    eventCount: log.count,
    tail: log.tail,
    registers: banks,
    issues: log.issues,
  };
  return { json, exit: log.issues.some((issue) => issue.severity === 'error') ? EXIT.input : EXIT.ok };
}
