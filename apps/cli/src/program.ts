/** The command tree as a whole. What each group offers is in `program/`, what each command does in `commands/`. */
import type { Digests } from '@tsm/core';
import tab from '@bomb.sh/tab/commander';
import { CommanderError, type Command } from 'commander';
import { demo } from './commands/demo.ts';
import { EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { addAbiCommands } from './program/abi.ts';
import { addDeviceCommands } from './program/device.ts';
import { addEvidenceCommands } from './program/evidence.ts';
import { addLogCommands } from './program/log.ts';
import { addMachineCommands } from './program/machine.ts';
import { addMountCommands } from './program/mount.ts';
import { addSpdmCommands } from './program/spdm.ts';
import { addServeCommand } from './program/serve.ts';
import { Tree, type Base } from './program/tree.ts';
import { createProviders } from './providers.ts';

/** The whole command tree. */
function createProgram(base: Base, version: string, done: (exit: number) => void): Command {
  const tree = new Tree(base, version, done);
  addEvidenceCommands(tree);
  addLogCommands(tree);
  addMachineCommands(tree);
  addMountCommands(tree);
  addServeCommand(tree);
  addAbiCommands(tree);
  addDeviceCommands(tree);
  addSpdmCommands(tree);
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
): Promise<number> {
  let exit: number = EXIT.ok;
  const base = { io, style: io.style, digests, providers: createProviders(io), version };
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
