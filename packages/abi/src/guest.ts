/** A guest kernel's tree: what is plugged into its Tsm shows up where the profile has it. */
import {
  createTsm,
  portableDigests,
  type Digests,
  type Model,
  type Provider,
  type ReportSource,
  type Tsm,
} from '@tsm/core';
import { VirtualClock, type Clock } from './clock.ts';
import { driverFor, type DriverOptions } from './drivers/choose.ts';
import { sysfsBinary } from './files/sysfs.ts';
import { configfsBlob } from './files/blob.ts';
import { Planted } from './node.ts';
import { placePci, type PciHost } from './pci/host.ts';
import type { NativeCma } from './pci/rfc-2024.ts';
import { DEFAULT_PROFILE, profileOf, type Profile, type ProfileName } from './profiles.ts';
import { BankRegistry } from './registers/banks.ts';
import { placeRegisters } from './registers/place.ts';
import type { UnifiedRoot } from './registers/unified.ts';
import { claimsOf } from './report/claims.ts';
import { reportGroup, type ReportGroupOptions } from './report/group.ts';
import { AbiTree } from './tree.ts';

export const REPORT_PATH = '/sys/kernel/config/tsm/report';
export const CCEL_PATH = '/sys/firmware/acpi/tables/data/CCEL';

export interface GuestOptions extends Pick<ReportGroupOptions, 'lockPerItem' | 'counters'> {
  /** Default {@link DEFAULT_PROFILE}. */
  readonly profile?: ProfileName;
  /** What drivers wait on. Default: a virtual clock. */
  readonly clock?: Clock;
  readonly digests?: Digests;
  /** The firmware's log (CCEL), where there is one. */
  readonly firmwareLog?: Uint8Array;
  /** Most banks of one register in the profile `mr-v2-2025`, 1 to 8. Default 1, as posted. */
  readonly banks?: number;
  /** File system that the registers of the profile `unified` hang in. Default `sysfs`. */
  readonly unifiedRoot?: UnifiedRoot;
  /** What the kernel's own CMA finds out about a function, in the profile `pci-rfc-2024`. Default: nothing. */
  readonly cma?: NativeCma;
}

export interface Guest {
  readonly profile: Profile;
  readonly tsm: Tsm;
  readonly tree: AbiTree;
  /** Measurement providers of the posting of Feb 2025. */
  readonly banks: BankRegistry;
  /** PCI functions and the TSMs that look after them. */
  readonly pci: PciHost;
  /** What the kernel would write to its log. */
  readonly kernelLog: readonly string[];
  /** To call when registers were extended by somebody else than this tree: they are read anew. */
  readonly changed: () => void;
  /** Loads the provider's guest driver over a model. What it cannot register is refused as a whole. Returns the unload. */
  readonly plug: (provider: Provider, model: Model, options?: DriverOptions) => () => void;
}

/** Registers all or nothing. */
function all(actions: readonly (() => () => void)[]): () => void {
  const undo: (() => void)[] = [];
  const back = (): void => {
    for (const one of undo.splice(0).reverse()) one();
  };
  try {
    for (const action of actions) undo.push(action());
  } catch (error) {
    back();
    throw error;
  }
  return back;
}

export function createGuest(options: GuestOptions = {}): Guest {
  const { clock = new VirtualClock(), digests = portableDigests, firmwareLog, banks = 1 } = options;
  const { lockPerItem = false, counters, unifiedRoot = 'sysfs' } = options;
  const profile = profileOf(options.profile ?? DEFAULT_PROFILE);
  const kernelLog: string[] = [];
  const { lateProvider } = profile.report;
  const tsm = createTsm({ lateProvider });
  const root = new Planted();
  let plugged: Provider | undefined;

  const claims: ReportGroupOptions['extra'] = (access) => {
    const { evidence, registers = [] } = plugged ?? {};
    if (!evidence) return [];
    const read = (): Uint8Array =>
      access.exclusive(() => claimsOf(access.blob('outblob'), evidence, registers));
    return [
      [
        'claims',
        configfsBlob({ mode: 0o444, max: profile.report.blobMax, read, alive: () => access.alive() }),
      ],
    ];
  };
  const revision = profile.report;
  const extra = profile.registers === 'unified' ? { extra: claims } : {};
  root.place(REPORT_PATH, reportGroup(tsm, { revision, clock, lockPerItem, counters, ...extra }));
  const changed = placeRegisters(root, { profile, tsm, clock, digests, firmwareLog, unifiedRoot });
  if (firmwareLog) {
    const log = firmwareLog.slice();
    const read = (offset: number, size: number): Uint8Array => log.slice(offset, offset + size);
    root.place(CCEL_PATH, sysfsBinary({ mode: 0o400, size: log.length, read }));
  }

  return {
    profile,
    tsm,
    tree: new AbiTree(root),
    banks: new BankRegistry(tsm, banks, (line) => kernelLog.push(line)),
    pci: placePci(root, profile.pci, options.cma),
    kernelLog,
    changed,
    plug(provider, model, driverOptions) {
      const setting = { profile, clock, digests, report: provider.report };
      const { measurements, report, files } = driverFor(provider, model, setting, driverOptions);
      return all([
        ...(report ? [() => registerReport(report, provider)] : []),
        ...(measurements ? [() => tsm.registerMeasurements(measurements)] : []),
        ...files.map(
          ([path, node]) =>
            () =>
              root.place(path, node),
        ),
      ]);
    },
  };

  function registerReport(report: ReportSource, provider: Provider): () => void {
    tsm.registerReport(report);
    plugged = provider;
    return () => {
      if (tsm.items.length > 0)
        kernelLog.push(
          `tsm: ${report.driver.name}: unregistered while ${String(tsm.items.length)} items exist`,
        );
      tsm.unregisterReport(report);
      plugged = undefined;
    };
  }
}
