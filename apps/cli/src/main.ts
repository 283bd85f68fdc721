#!/usr/bin/env node
/** `tsm`, the command line: arguments in, exit code out. */
import { readFileSync } from 'node:fs';
import { CommanderError, type Command } from 'commander';
import { nodeDigests } from '@tsm/host';
import { EXIT, type ExitCode } from './exit.ts';
import { createIo } from './io.ts';
import { createProgram } from './program.ts';
import { createProviders } from './providers.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Usage errors must not exit by themselves: in JSON mode they are a document too. */
function exitOverrides(command: Command, err: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeErr: err });
  for (const child of command.commands) exitOverrides(child, err);
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const io = createIo();
  const providers = createProviders(io);
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(
    { io, style: io.style, digests: nodeDigests(), providers },
    version,
    (code) => {
      exit = code;
    },
  );
  exitOverrides(program, (text) => {
    io.err(text);
  });
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

process.exitCode = await main(process.argv.slice(2));
