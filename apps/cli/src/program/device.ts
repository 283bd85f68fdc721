/** `tsm device …`: the commands on PCI devices. */
import type { Command } from 'commander';
import { deviceServe } from '../commands/device-serve.ts';
import { deviceVerify } from '../commands/device-verify.ts';
import { deviceList, deviceMeasurements, deviceReport, deviceTrace, deviceVerb } from '../commands/device.ts';
import { collect, type Tree } from './tree.ts';

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
  const verify = leaf(
    'verify <machine> [device...]',
    'machine and devices in one verdict, by a report taken now',
    ['tsm device verify dev', 'tsm device verify dev 0000:01:00.0 --nonce 00112233445566778899aabbccddeeff'],
  );
  verify
    .option('--nonce <hex>', 'what makes the report a new one (default: random)')
    .option('--all', 'also every check inside a group that passed');
  tree.action(verify, deviceVerify);
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
    'tsm device serve --chain bundle_responder.certchain.der --key end_responder.key',
  ]);
  serve
    .option('--port <number>', 'TCP port; 0 is any free one', '2323')
    .option('--function <hex>', 'FUNCTION_ID of its interface', 'beef')
    .option('--seed <text>', 'keys are derived from it (default: random)')
    .option('--chain <file>', 'certificates of slot 0, DER or PEM, root first (default: its own)')
    .option('--key <file>', 'private key of the last of them, DER or PEM')
    .option(
      '--psk <hint=key>',
      'a pre-shared key in hex; the hint as text, or hex after 0x (repeatable)',
      collect,
    )
    .option('--trust-anchor <file>', 'where to write the first of them, DER, for requesters');
  tree.action(serve, deviceServe);
}
