/** `tsm log …`: the commands on event logs. */
import { LOG_FORMATS, TEXT_DIALECTS } from '@tsm/eventlog';
import type { Command } from 'commander';
import { logConvert } from '../commands/log-convert.ts';
import { logDiff, logTextOf } from '../commands/log-diff.ts';
import { logExplain } from '../commands/log-explain.ts';
import { logReplay } from '../commands/log-replay.ts';
import { logShow } from '../commands/log-show.ts';
import { logVerify } from '../commands/log-verify.ts';
import { logAppend, logNew } from '../commands/log-write.ts';
import { collect, EVIDENCE_PROVIDER, type Tree } from './tree.ts';

function withLogOptions(command: Command): Command {
  return command
    .option('--format <name>', `read the log as this format: ${LOG_FORMATS.join(', ')}`)
    .option('--dialect <name>', `dialect of a text log: ${TEXT_DIALECTS.join(', ')}`);
}

export function addLogCommands(tree: Tree): void {
  const log = tree.group('log', 'read, replay, compare and write event logs');
  const show = tree.leaf(log, 'show <file>', 'every event in words', [
    'tsm log show ccel.bin',
    'tsm log show ccel.bin --register rtmr1',
  ]);
  tree.action(withLogOptions(show).option('--register <name>', 'only events of this register'), logShow);

  const replay = tree.leaf(log, 'replay <file>', 'what the registers must hold if the log is true', [
    'tsm log replay /sys/firmware/acpi/tables/data/CCEL',
    'tsm log replay rtmr3.tsmlog --register rtmr3 --json',
    'base64 ccel.bin | tsm log replay -',
  ]);
  tree.action(
    withLogOptions(replay).option('--register <name>', 'register that a text log is of'),
    logReplay,
  );

  const verify = tree.leaf(log, 'verify <file>', 'compare a log with the registers in evidence', [
    'tsm log verify ccel.bin --evidence quote.dat',
    'tsm log verify ccel.bin --expect rtmr1=0fa3be56… --expect rtmr2=…',
    'tsm log verify today.bin --evidence quote.dat --known-good yesterday.bin',
    'tsm log verify ccel.bin --chain rtmr3=app.tsmlog --evidence quote.dat',
  ]);
  withLogOptions(verify)
    .option('--evidence <file>', 'quote or report that has the registers')
    .option('--expect <register=hex>', 'register value to compare with (repeatable)', collect)
    .option('--chain <[register=]file>', 'a log that goes on where the one before ends (repeatable)', collect)
    .option('--known-good <file>', 'a log that is right: names the first event that differs')
    .option('--register <name>', 'register that a text log is of')
    .option('--provider <name>', EVIDENCE_PROVIDER, collect);
  tree.action(verify, logVerify);

  addComparingCommands(tree, log);
  addConvert(tree, log);

  const create = tree.leaf(log, 'new <file>', 'begin a text log', [
    'tsm log new app.tsmlog',
    'tsm log new app.tsmlog --algorithm sha256 --dialect aael',
  ]);
  create
    .option('--algorithm <name>', 'digest algorithm of the register', 'sha384')
    .option('--dialect <name>', `one of ${TEXT_DIALECTS.join(', ')}`, 'rfc')
    .option('--start <hex>', 'value of the register before the log (default: zeros)')
    .option('--force', 'replace the file');
  tree.action(create, logNew);

  const append = tree.leaf(log, 'append <file> <event...>', 'add events to a text log', [
    'tsm log append app.tsmlog "example.com/app start v1"',
  ]);
  tree.action(append.option('--dialect <name>', 'dialect, where the log does not tell'), logAppend);
}

function addComparingCommands(tree: Tree, log: Command): void {
  const explain = tree.leaf(log, 'explain <file>', 'the smallest edit of a log that gives a register', [
    'tsm log explain ccel.bin --register rtmr1 --evidence quote.dat',
    'tsm log explain ccel.bin --register rtmr1 --expect 77e0… --known-good good.bin',
  ]);
  withLogOptions(explain)
    .requiredOption('--register <name>', 'register to explain')
    .option('--expect <hex>', 'value that the register has')
    .option('--evidence <file>', 'quote or report that has the value')
    .option('--known-good <file>', 'a log that is right: faster, and finds two edits')
    .option('--max-edits <n>', '1, or 2 with a known-good log')
    .option('--budget <seconds>', 'how long to search', '10')
    .option('--jobs <n>', 'workers (default: one for each core)')
    .option('--provider <name>', EVIDENCE_PROVIDER, collect);
  tree.action(explain, logExplain);

  const diff = tree.leaf(log, 'diff <file...>', 'two boots or more, compared event by event', [
    'tsm log diff yesterday.bin today.bin',
    'tsm log diff a.bin b.bin c.bin --json',
  ]);
  tree.action(withLogOptions(diff).option('--text', 'stable plain text'), logDiff);
  const text = tree.leaf(log, 'text <file>', 'one line an event, for git diff', [
    "git config diff.ccel.textconv 'tsm log text'",
  ]);
  tree.action(withLogOptions(text), logTextOf);
}

function addConvert(tree: Tree, log: Command): void {
  const convert = tree.leaf(log, 'convert <file>', 'the same log in another format, shown to replay alike', [
    'tsm log convert ccel.bin --to cel-cbor -o boot.cbor',
    'tsm log convert binary_bios_measurements --to tsm-text --register pcr4 --algorithm sha384',
    'tsm log convert app.tsmlog --to ccel --register rtmr3 -o app.bin',
  ]);
  convert
    .requiredOption('--to <name>', `format of the new log: ${LOG_FORMATS.join(', ')}`)
    .option('--dialect <name>', `dialect of a new text log: ${TEXT_DIALECTS.join(', ')}`, 'rfc')
    .option('--register <name>', 'only this register; for a text log the register that it is of')
    .option('--algorithm <name>', 'only this bank')
    .option('-o, --out <file>', 'where to write it (default: standard output)')
    .option('--force', 'replace the file')
    .option('--format <name>', 'read the log as this format')
    .option('--from-dialect <name>', 'dialect of a text log that is read');
  tree.action(convert, logConvert);
}
