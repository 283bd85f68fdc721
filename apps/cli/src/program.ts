/** The command tree: names, arguments, options, help. What each command does is in `commands/`. */
import type { Digests } from '@tsm/core';
import tab from '@bomb.sh/tab/commander';
import { LOG_FORMATS, TEXT_DIALECTS } from '@tsm/eventlog';
import { Command, CommanderError } from 'commander';
import { run, type Cli, type Outcome } from './cli.ts';
import { demo } from './commands/demo.ts';
import { inspect } from './commands/inspect.ts';
import { logDiff, logTextOf } from './commands/log-diff.ts';
import { logExplain } from './commands/log-explain.ts';
import { logReplay } from './commands/log-replay.ts';
import { logShow } from './commands/log-show.ts';
import { logVerify } from './commands/log-verify.ts';
import { logAppend, logNew } from './commands/log-write.ts';
import {
  machineExtend,
  machineList,
  machineLog,
  machineNew,
  machineReport,
  machineShow,
} from './commands/machine.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { createProviders } from './providers.ts';

type Base = Omit<Cli, 'say' | 'sayTable'>;

const EXIT_CODES = `
Exit codes: 0 ok · 1 internal · 2 usage · 3 unreadable input · 4 bad signature,
chain or binding · 5 policy · 6 collateral · 7 inconclusive · 8 differences`;

/** Builds the tree. `done` gets the exit code of the command that ran. */
class Tree {
  readonly program: Command;
  private readonly base: Base;
  private readonly done: (exit: ExitCode) => void;

  constructor(base: Base, version: string, done: (exit: ExitCode) => void) {
    this.base = base;
    this.done = done;
    this.program = new Command('tsm')
      .description('Event logs, measurement registers and evidence of confidential VMs.')
      .version(version)
      .showHelpAfterError('(tsm --help lists the commands)')
      .addHelpText('after', EXIT_CODES);
  }

  group(name: string, description: string): Command {
    return this.program.command(name).description(description);
  }

  /** A command that does something: examples in its help, and the options that all have. */
  leaf(parent: Command, usage: string, description: string, examples: readonly string[]): Command {
    return parent
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document instead of text')
      .option('--debug', 'print a stack trace when something fails')
      .addHelpText('after', `\nExamples:\n${examples.map((one) => `  $ ${one}`).join('\n')}`);
  }

  /** What to do when the command is called: `handler` gets the arguments, then the options. */
  action(command: Command, handler: (cli: Cli, ...args: never[]) => Promise<Outcome>): void {
    command.action(async (...all: unknown[]) => {
      const { json, debug } = command.opts<{ json?: boolean; debug?: boolean }>();
      // The last argument is the command itself; the ones before it are as its usage line declares them.
      const args = all.slice(0, -1) as never[];
      this.done(
        await run(this.base, { json: json === true, debug: debug === true }, (cli) => handler(cli, ...args)),
      );
    });
  }
}

function withLogOptions(command: Command): Command {
  return command
    .option('--format <name>', `read the log as this format: ${LOG_FORMATS.join(', ')}`)
    .option('--dialect <name>', `dialect of a text log: ${TEXT_DIALECTS.join(', ')}`);
}

const EVIDENCE_PROVIDER = 'module whose provider reads the evidence (repeatable)';

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function addLogCommands(tree: Tree): void {
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

function addMachineCommands(tree: Tree): void {
  const machine = tree.group('machine', 'simulated machines: boot, extend, report');
  const leaf = (usage: string, description: string, examples: readonly string[]): Command =>
    tree
      .leaf(machine, usage, description, examples)
      .option('--state <dir>', 'state directory (default: $XDG_STATE_HOME/tsm)');

  const create = leaf('new <name>', 'launch a machine', [
    'tsm machine new dev',
    'tsm machine new dev --provider ./my-provider.mjs --seed lab1',
  ]);
  create
    .option('--provider <name>', 'provider: tdx, or a module', 'tdx')
    .option('--seed <text>', 'keys are derived from it (default: random)')
    .option('--at <date>', 'time of the launch (default: now)')
    .option('--no-boot', 'measure no firmware');
  tree.action(create, machineNew);
  tree.action(leaf('list', 'all machines', ['tsm machine list']), machineList);
  tree.action(leaf('show <name>', 'registers of a machine', ['tsm machine show dev']), machineShow);

  const extend = leaf('extend <name> <register>', 'extend a register, with or without an event', [
    'tsm machine extend dev rtmr3 --event "example.com/app start v1"',
    'tsm machine extend dev rtmr3 --file ./app.tar',
  ]);
  extend
    .option('--event <text>', 'event: logged, and extended by its hash')
    .option('--file <file>', 'extend by the hash of a file')
    .option('--digest <hex>', 'extend by this digest');
  tree.action(extend, machineExtend);

  const report = leaf('report <name>', 'take a signed report', [
    'tsm machine report dev --report-data 1234 --out quote.dat',
  ]);
  tree.action(
    report
      .option('--report-data <hex>', 'up to 64 bytes bound into the report')
      .option('--out <file>', 'where to write it'),
    machineReport,
  );

  const log = leaf('log <name>', 'the firmware log, or the text log of a register', [
    'tsm machine log dev --out ccel.bin',
    'tsm machine log dev --register rtmr3',
  ]);
  tree.action(
    log.option('--register <name>', 'text log of this register').option('--out <file>', 'where to write it'),
    machineLog,
  );
}

/** The whole command tree. */
function createProgram(base: Base, version: string, done: (exit: ExitCode) => void): Command {
  const tree = new Tree(base, version, done);
  const look = tree.leaf(tree.program, 'inspect <file>', 'what a file is, and what is in it', [
    'tsm inspect quote.dat',
    'tsm inspect quote.dat --fields',
    'tsm inspect report.json --json',
  ]);
  look
    .option('--fields', 'every field with its bytes')
    .option('--provider <name>', EVIDENCE_PROVIDER, collect);
  tree.action(look, inspect);
  addLogCommands(tree);
  addMachineCommands(tree);
  const tour = tree.leaf(
    tree.program,
    'demo [log] [quote]',
    'the whole path once: boot, log, extend, quote, compare, tamper',
    ['tsm demo', 'tsm demo ccel.bin quote.dat'],
  );
  tree.action(tour.option('--no-editor', 'end after the tour'), demo);
  tab(tree.program, { completionCommandName: 'completion' });
  const completion = tree.program.commands.find((one) => one.name() === 'completion');
  completion
    ?.description('print the completion script of a shell')
    .addHelpText('after', '\nExample:\n  $ source <(tsm completion bash)');
  return tree.program;
}

/** Usage errors must not exit by themselves: in JSON mode they are a document too. */
function exitOverrides(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      io.out(text);
    },
    writeErr: (text) => {
      io.err(text);
    },
  });
  for (const child of command.commands) exitOverrides(child, io);
}

/** Runs one command line and returns its exit code. */
export async function tsm(
  args: readonly string[],
  io: Io,
  digests: Digests,
  version: string,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const base = { io, style: io.style, digests, providers: createProviders(io) };
  const program = createProgram(base, version, (code) => {
    exit = code;
  });
  exitOverrides(program, io);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    const message = error.message.replace(/^error: /, '');
    if (args.includes('--json'))
      io.out(`${JSON.stringify({ error: { code: 'usage', message } }, undefined, 2)}\n`);
    return EXIT.usage;
  }
}
