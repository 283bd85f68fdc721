/** `tsm machine …`: the commands on machines. */
import type { Command } from 'commander';
import {
  machineCollateral,
  machineExtend,
  machineList,
  machineLog,
  machineNew,
  machineReport,
  machineSalvage,
  machineShow,
} from '../commands/machine.ts';
import { collect, type Tree } from './tree.ts';

export function addMachineCommands(tree: Tree): void {
  const machine = tree.group('machine', 'machines, simulated and live: boot, extend, report');
  const leaf = (usage: string, description: string, examples: readonly string[]): Command =>
    tree
      .leaf(machine, usage, description, examples)
      .option('--state <dir>', 'state directory (default: $XDG_STATE_HOME/tsm)');
  /** Also for `live`, the machine that this program runs in. */
  const either = (usage: string, description: string, examples: readonly string[]): Command =>
    leaf(usage, description, examples).option('--root <dir>', 'of the machine live: another tree than /');

  const create = leaf('new <name>', 'launch a machine', [
    'tsm machine new dev',
    'tsm machine new guest --provider snp --image OVMF.fd',
    'tsm machine new dev --provider ./my-provider.mjs --seed lab1',
  ]);
  create
    .option('--provider <name>', 'provider: tdx, snp, cca, cove, or a module', 'tdx')
    .option('--image <file>', 'initial memory image, for the launch register')
    .option('--value <name=hex>', 'launch value, such as mrowner=… (repeatable)', collect)
    .option('--seed <text>', 'keys are derived from it (default: random)')
    .option('--at <date>', 'time of the launch (default: now)')
    .option('--no-boot', 'measure no firmware');
  tree.action(create, machineNew);
  tree.action(leaf('list', 'all machines', ['tsm machine list']), machineList);
  const show = either('show <name>', 'registers of a machine', [
    'tsm machine show dev',
    'tsm machine show live',
  ]);
  tree.action(show, machineShow);
  tree.action(
    leaf('salvage <name>', 'make a machine with a corrupt journal usable again', ['tsm machine salvage dev']),
    machineSalvage,
  );

  const extend = either('extend <name> <register>', 'extend a register, with or without an event', [
    'tsm machine extend dev rtmr3 --event "example.com/app start v1"',
    'tsm machine extend dev rtmr3 --file ./app.tar',
  ]);
  extend
    .option('--event <text>', 'event: logged, and extended by its hash')
    .option('--file <file>', 'extend by the hash of a file')
    .option('--digest <hex>', 'extend by this digest')
    .option('--allow-extend', 'of the machine live: extend it; this cannot be undone');
  tree.action(extend, machineExtend);

  const report = either('report <name>', 'take a signed report', [
    'tsm machine report dev --report-data 1234 --out quote.dat',
  ]);
  tree.action(
    report
      .option('--report-data <hex>', 'up to 64 bytes bound into the report')
      .option('--out <file>', 'where to write it'),
    machineReport,
  );

  const collateral = leaf('collateral <name>', 'what verifiers of its reports need, as files', [
    'tsm machine collateral dev --out certs',
    'tsm verify quote.dat --collateral certs --trust-anchor certs/trust-anchor-0',
  ]);
  collateral.requiredOption('--out <folder>', 'where to write them');
  tree.action(collateral, machineCollateral);

  const log = either('log <name>', 'the firmware log, or the text log of a register', [
    'tsm machine log dev --out ccel.bin',
    'tsm machine log dev --register rtmr3',
  ]);
  tree.action(
    log
      .option('--register <name>', 'text log of this register')
      .option('--ima', 'of the machine live: what the kernel measured')
      .option('--out <file>', 'where to write it'),
    machineLog,
  );
}
