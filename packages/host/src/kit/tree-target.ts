/** A tree that somebody else serves, a mount or a kernel, as a target of the conformance kit. */
import { readdir, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DEFAULT_PROFILE, REPORT_PATH, type ProfileName, type RegisterView } from '@tsm/abi';
import { NotShown, readFile, type Given, type KitFiles, type Subject, type Target } from '@tsm/abi/kit';
import { utf8Text } from '@tsm/core';
import { findTsm, ifThere, type FoundTsm } from '../live/find.ts';
import { DiskFiles } from './disk-files.ts';
import { TreeFiles, type TreeFilesOptions } from './tree-files.ts';

/** CONFIGFS_MAGIC (include/uapi/linux/magic.h): the kernel itself serves it. */
const CONFIGFS = 0x6265_6570;

const DRIVERS = { tdx: 'tdx_guest', snp: 'sev_guest', cca: 'arm_cca_guest' } as const;

/** Revisions that their registers tell apart. */
const BY_VIEW: Partial<Record<RegisterView, ProfileName>> = {
  unified: 'unified',
  directories: 'mr-rfc-2024',
  banks: 'mr-v2-2025',
  rtmrs: 'rtmrs-2024',
};

/** Merged revisions by the first release that has them. */
const BY_RELEASE: readonly (readonly [major: number, minor: number, profile: ProfileName])[] = [
  [7, 0, '7.0'],
  [6, 19, '6.19'],
  [6, 16, '6.16'],
  [6, 10, '6.11'],
  [0, 0, '6.7'],
];

export interface TreeTarget extends Target {
  /** The revision that the tree seems to be of. */
  readonly profile: ProfileName;
}

/** What an item of the tree shows. */
interface Probe {
  readonly attributes: readonly string[];
  /** The guest's own level, where it is a guest of SEV-SNP. */
  readonly vmpl: number;
}

async function probe(files: KitFiles): Promise<Probe> {
  const path = `${REPORT_PATH}/tsm-kit-${String(process.pid)}`;
  await files.mkdir(path);
  try {
    const attributes = await files.list(path);
    const floor = attributes.includes('privlevel_floor')
      ? Number(utf8Text(await readFile(files, `${path}/privlevel_floor`)))
      : 0;
    // Attributes of services are there only above an SVSM.
    return { attributes, vmpl: attributes.includes('service_provider') ? floor : 0 };
  } finally {
    await files.rmdir(path);
  }
}

/** The profile by what is there, and in a kernel by its release; else the default one. */
async function profileOfTree(root: string, found: FoundTsm, { attributes }: Probe): Promise<ProfileName> {
  if (attributes.includes('certs')) return 'report-2023';
  const told = found.registers && BY_VIEW[found.registers.view];
  if (told) return told;
  const kernel = found.reports && (await statfs(join(root, REPORT_PATH))).type === CONFIGFS;
  if (!kernel) return DEFAULT_PROFILE;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const row = BY_RELEASE.find(([a, b]) => major > a || (major === a && minor >= b));
  return row?.[2] ?? DEFAULT_PROFILE;
}

/** Why this tree cannot be the guest that a case asks for. */
function whyNot(given: Given, { driver }: FoundTsm, { vmpl }: Probe): string | undefined {
  const { provider, vmpl: level = 0 } = given;
  if (typeof provider === 'object') return "needs a report provider of the case's own";
  if (given.wrap) return 'needs hardware that fails, waits or counts on request';
  if (given.counters) return 'needs generation counters that are set beforehand';
  if (given.banks !== undefined || given.firmwareLog || given.certificates !== undefined || given.cma)
    return 'needs a guest that is set up for the case';
  if (provider === undefined) return undefined;
  if (DRIVERS[provider] !== driver) return `needs ${DRIVERS[provider]}, not ${driver}`;
  return provider === 'snp' && level !== vmpl
    ? `needs a guest at level ${String(level)}, not ${String(vmpl)}`
    : undefined;
}

function whyNoItems({ provider }: Given, { driver, reports }: FoundTsm): string | undefined {
  if (!reports) return `needs a report provider: there is none at ${REPORT_PATH}`;
  return provider === undefined ? `needs a guest without a report provider, not ${driver}` : undefined;
}

async function timed(task: (files: KitFiles) => Promise<void>, files: KitFiles): Promise<number> {
  const begin = performance.now();
  await task(files);
  return performance.now() - begin;
}

/** A guest whose kernel is this tree. Closing it removes what a case left behind. */
function treeSubject(options: TreeFilesOptions): Subject {
  const files = new TreeFiles(options);
  const callers: TreeFiles[] = [];
  return {
    files,
    inside: undefined,
    together(tasks) {
      return Promise.all(
        tasks.map((task) => {
          const own = new TreeFiles(options);
          callers.push(own);
          return timed(task, own);
        }),
      );
    },
    async close() {
      for (const one of [files, ...callers]) await one.cleanUp();
    },
  };
}

/** `ENODEV` when the tree below `root` has no TSM, `EACCES` without the right to make report items. */
export async function treeTarget(
  root: string,
  { allowExtend = false }: { readonly allowExtend?: boolean } = {},
): Promise<TreeTarget> {
  const files = new DiskFiles(root);
  const found = await findTsm(files, `tsm-kit-${String(process.pid)}`);
  const shown: Probe = found.reports ? await probe(files) : { attributes: [], vmpl: 0 };
  return {
    name: root,
    profile: await profileOfTree(root, found, shown),
    async start(_profile, given) {
      const reason = whyNot(given, found, shown);
      if (reason !== undefined) throw new NotShown(reason);
      const others = new Set((await ifThere(() => readdir(join(root, REPORT_PATH)))) ?? []);
      return treeSubject({ root, allowExtend, others, noItems: whyNoItems(given, found) });
    },
  };
}
