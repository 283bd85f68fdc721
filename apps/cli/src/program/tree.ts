/** What all commands share: the tree they hang in, their help, the options that more than one takes. */
import { Command } from 'commander';
import { run, type Cli, type Outcome } from '../cli.ts';

export type Base = Omit<Cli, 'say' | 'sayTable'>;

const EXIT_CODES = `
Exit codes: 0 ok · 1 internal · 2 usage · 3 unreadable input · 4 bad signature,
chain or binding · 5 policy · 6 collateral · 7 inconclusive · 8 differences`;

/** Options that ask for one document of another shape than `--json`. */
const DOCUMENTS = ['sarif', 'ear'] as const;

/** Builds the tree. `done` gets the exit code of the command that ran. */
export class Tree {
  readonly program: Command;
  private readonly base: Base;
  private readonly done: (exit: number) => void;

  constructor(base: Base, version: string, done: (exit: number) => void) {
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
      const { json, debug, ...others } =
        command.opts<Partial<Record<'json' | 'debug' | (typeof DOCUMENTS)[number], boolean>>>();
      // The last argument is the command itself; the ones before it are as its usage line declares them.
      const args = all.slice(0, -1) as never[];
      this.done(
        await run(
          this.base,
          { json: json === true || DOCUMENTS.some((one) => others[one] === true), debug: debug === true },
          (cli) => handler(cli, ...args),
        ),
      );
    });
  }
}

export const EVIDENCE_PROVIDER = 'module whose provider reads the evidence (repeatable)';

export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
