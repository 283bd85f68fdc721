/** `tsm device …`: the commands on PCI devices. */
import type { Command } from 'commander';
import { deviceServe } from '../commands/device-serve.ts';
import { deviceList, deviceMeasurements, deviceReport, deviceTrace, deviceVerb } from '../commands/device.ts';
import type { Tree } from './tree.ts';

const VERBS = [
  ['connect', 'authenticate a device, protect its link'],
  ['disconnect', 'give a device back; what the guest has of it goes first'],
  ['lock', 'give an interface to the machine, and lock it'],
  ['accept', 'start a locked interface: it runs inside of the machine'],
  ['unlock', 'take an interface out of the machine'],
  ['break-link', 'as if the IDE link of a device broke'],
  ['remove', 'as if a device was pulled out'],
] as const;

export function addDeviceCommands(tree: Tree): void {
  const device = tree.group('device', 'PCI devices of a machine: SPDM, IDE, TDISP, from connect to RUN');
  const leaf = (usage: string, description: string, examples: readonly string[]): Command =>
    tree
      .leaf(device, usage, description, examples)
      .option('--state <dir>', 'state directory (default: $XDG_STATE_HOME/tsm)');

  tree.action(leaf('list <machine>', 'devices, and how far each is', ['tsm device list dev']), deviceList);
  for (const [verb, description] of VERBS)
    tree.action(
      leaf(`${verb} <machine> <device>`, description, [`tsm device ${verb} dev 0000:01:00.0`]),
      deviceVerb(verb),
    );
  const report = leaf('report <machine> <device>', 'interface report of a locked interface', [
    'tsm device report dev 0000:01:00.0',
  ]);
  tree.action(report.option('--out <file>', 'where to write it'), deviceReport);
  const measurements = leaf('measurements <machine> <device>', 'certificates and measurements, verified', [
    'tsm device measurements dev 0000:01:00.0',
    'tsm device measurements dev 0000:01:00.0 --out evidence',
  ]);
  tree.action(measurements.option('--out <folder>', 'where to write the evidence'), deviceMeasurements);
  const trace = leaf('trace <machine> <device>', 'what host and device said to each other', [
    'tsm device trace dev 0000:01:00.0',
    'tsm device trace dev 0000:01:00.0 --out run.pcap --secrets run.json',
    'tsm spdm decode run.pcap --secrets run.json',
  ]);
  trace
    .option('--out <file>', 'where to write the capture (pcap)')
    .option('--secrets <file>', 'where to write what decrypts it');
  tree.action(trace, deviceTrace);
  const serve = tree.leaf(device, 'serve', 'a simulated device on loopback, for any SPDM requester', [
    'tsm device serve --port 2323',
  ]);
  serve
    .option('--port <number>', 'TCP port; 0 is any free one', '2323')
    .option('--function <hex>', 'FUNCTION_ID of its interface', 'beef')
    .option('--seed <text>', 'keys are derived from it (default: random)');
  tree.action(serve, deviceServe);
}
