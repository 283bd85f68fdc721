/** `tsm mount` and `tsm run`: a machine's tree for programs that know nothing of it. */
import type { Command } from 'commander';
import { DEFAULT_PROFILE, PROFILE_NAMES } from '@tsm/abi';
import { mount, runCommand } from '../commands/mount.ts';
import { collect, type Tree } from './tree.ts';

function withMachine(command: Command): Command {
  return command
    .option('--state <dir>', 'state directory (default: $XDG_STATE_HOME/tsm)')
    .option('--profile <name>', `revision: ${PROFILE_NAMES.join(', ')} (default: ${DEFAULT_PROFILE})`)
    .option('--provider <name>', 'of a new machine: tdx, snp, cca, cove, or a module (default: tdx)')
    .option('--seed <text>', 'of a new machine: keys are derived from it (default: random)')
    .option('--no-boot', 'of a new machine: measure no firmware')
    .option('--read-only', 'refuse extends');
}

export function addMountCommands(tree: Tree): void {
  const mounting = tree.leaf(tree.program, 'mount <dir>', "serve the kernel's TSM files in a folder (FUSE)", [
    'tsm mount /mnt/tvm',
    'tsm mount /mnt/tvm --machine dev --profile 6.16',
    'tsm mount /mnt/tvms --machine dev --machine guest',
  ]);
  withMachine(mounting).option(
    '--machine <name>',
    'machine of the state directory (default: a new one); of several each has a folder (repeatable)',
    collect,
  );
  tree.action(mounting, mount);
  const running = tree.leaf(
    tree.program,
    'run <command> [args...]',
    "run a program that finds the TSM files at the kernel's own paths",
    ['tsm run -- ls /sys/kernel/config/tsm', 'tsm run --machine dev -- ./attestation-agent'],
  );
  withMachine(running).option('--machine <name>', 'machine of the state directory (default: a new one)');
  tree.action(running, runCommand);
}
