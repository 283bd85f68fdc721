/** `tsm device verify`: a machine and its devices in one verdict, by a report that is taken now. */
import { fromHex, toHex, TsmError, type Provider, type Verdict } from '@tsm/core';
import { createVerifyCache } from '@tsm/evidence';
import { nodeVerifier, type MachineDevices } from '@tsm/host';
import {
  checkBinding,
  compositeVerdict,
  evidenceBinding,
  verifyDevice,
  type BoundDevice,
} from '@tsm/pci-tdisp';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { sayVerdict, verdictWords } from '../view/verdict.ts';
import { count } from '../view/words.ts';
import { openDevices } from './device.ts';
import { stateOf, type MachineOptions } from './machine.ts';
import { exitOf } from './verify.ts';

export interface DeviceVerifyOptions extends MachineOptions {
  readonly nonce?: string;
  readonly all?: boolean;
}

const NONCE = 32;
const ROOTS =
  'that the roots are to be trusted: they are those of the simulated vendors, and come with the machine';

/** The named devices, or all that the guest accepted. */
function chosen(all: MachineDevices, machine: string, named: readonly string[]): string[] {
  const addresses = named.map((one) => all.function(one).address);
  if (addresses.length > 0) return [...new Set(addresses)];
  const accepted = all.functions.filter((one) => all.stateOf(one).accepted).map(({ address }) => address);
  if (accepted.length > 0) return accepted;
  throw new TsmError(
    'ENODEV',
    `${machine} has accepted no device: "tsm device list ${machine}" shows how far each is`,
  );
}

/** What the guest has of a device since it locked it. */
function boundOf(all: MachineDevices, machine: string, address: string): BoundDevice {
  const device = all.function(address);
  const { locked, accepted, state } = all.stateOf(device);
  if (locked === null)
    throw new TsmError(
      'EINVAL',
      `${address} is not locked: there is no evidence of it; lock it with "tsm device lock ${machine} ${address}"`,
    );
  return { objects: all.fleet.guest.evidence(device).objects, accepted, state };
}

/** The machine's own report over `binding`, taken and verified now. */
async function verifyMachine(
  cli: Cli,
  name: string,
  options: MachineOptions,
  binding: Uint8Array,
): Promise<{ provider: Provider; verdict: Verdict; reportData: Uint8Array; bound: Uint8Array }> {
  const machine = await stateOf(cli, options).machine(name);
  const provider = await cli.providers.find(machine.provider);
  const { report, verify } = provider;
  if (!report || !verify)
    throw new CliError(EXIT.input, 'provider.no-verify', `provider ${provider.id} has no reports to verify`);
  const bound = binding.slice(0, report.inblob.max);
  const { outblob } = await machine.report({ inblob: bound });
  const collateral = await machine.collateral();
  const verdict = await verify(outblob, {
    ...{ now: cli.io.now(), reportData: bound, digests: cli.digests },
    ...{ verifier: nodeVerifier(), cache: createVerifyCache() },
    collateral: Object.values(collateral?.files ?? {}),
    ...(collateral ? { trustAnchors: collateral.trustAnchors } : {}),
  });
  const found = await cli.providers.evidence(outblob, [machine.provider]);
  const reportData = found?.content.reportData ?? new Uint8Array(0);
  return { provider, verdict: { technology: provider.id, ...verdict }, reportData, bound };
}

/** Takes the report with the nonce and the devices' evidence in it, verifies all, and gives the composite verdict. */
export async function deviceVerify(
  cli: Cli,
  name: string,
  named: readonly string[],
  options: DeviceVerifyOptions,
): Promise<Outcome> {
  const nonce = options.nonce === undefined ? cli.io.random(NONCE) : fromHex(options.nonce);
  if (!nonce || nonce.length === 0) throw usage(`--nonce ${options.nonce ?? ''}: expected hex`);
  const { devices, root } = await openDevices(cli, name, options, (all) => ({
    devices: new Map(chosen(all, name, named).map((one) => [one, boundOf(all, name, one)] as const)),
    root: all.fleet.authority.root,
  }));
  const machine = await verifyMachine(cli, name, options, evidenceBinding(nonce, devices, cli.digests));
  const verdicts = new Map<string, Verdict>();
  for (const [address, { objects }] of devices) {
    const settings = { now: cli.io.now(), trustAnchors: [root], digests: cli.digests };
    verdicts.set(address, await verifyDevice(objects, settings));
  }
  const { checks: tied, notChecked: untied } = checkBinding(machine.bound, machine.reportData, devices);
  const verdict = compositeVerdict(machine.verdict, verdicts, {
    checks: tied,
    notChecked: [...untied, { id: 'trust', reason: ROOTS }],
  });
  const title = `${machine.provider.title}, ${name} with ${count(devices.size, 'device')}`;
  cli.say(`  ${cli.style.strong(title)}   ${verdictWords(cli, verdict)}`);
  sayVerdict(cli, verdict, options.all === true);
  cli.say(cli.style.quiet(`  nonce ${toHex(nonce)}`));
  const { technology, tcbStatus, checks, notChecked } = verdict;
  return {
    json: {
      ...{ machine: name, devices: [...devices.keys()], nonce, reportData: machine.reportData, technology },
      ...{ verdict: verdict.verdict, ...(tcbStatus === undefined ? {} : { tcbStatus }), checks, notChecked },
    },
    exit: exitOf(verdict),
  };
}
