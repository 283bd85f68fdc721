/** What of a TSM a tree shows: the report driver, and the measurement registers in whichever revision it has them. */
import { REPORT_PATH, UNIFIED_ROOTS, type RegisterView } from '@tsm/abi';
import { readFile, type KitFiles } from '@tsm/abi/kit';
import { TsmError, utf8Text } from '@tsm/core';

/** Where the registers of one device are. */
interface RegisterPlace {
  readonly view: Exclude<RegisterView, 'none'>;
  readonly path: string;
}

export interface FoundTsm {
  /** Name of the guest driver, such as `tdx_guest`. */
  readonly driver: string;
  /** Whether report items can be made. */
  readonly reports: boolean;
  /** Undefined where the kernel shows no registers. */
  readonly registers: RegisterPlace | undefined;
}

const DEVICES = '/sys/devices/virtual/misc';
const TSM = '/sys/kernel/tsm';
const RTMRS = '/sys/kernel/config/tsm/rtmrs';

/** Drivers by what they leave in /dev and /sys, where no report item can be made to ask for the name. */
const TRACES: readonly (readonly [path: string, driver: string])[] = [
  ['/dev/tdx_guest', 'tdx_guest'],
  ['/dev/sev-guest', 'sev_guest'],
  ['/sys/module/arm_cca_guest', 'arm_cca_guest'],
];

/** What is looked for, for a person. */
const LOOKED_FOR = [REPORT_PATH, `${DEVICES}/*/measurements`, TSM, RTMRS, ...TRACES.map(([path]) => path)];

/** Is this a refusal with one of these codes? */
export function refusedWith(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Undefined for what is not there. */
export async function ifThere<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (refusedWith(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

const list = async (files: KitFiles, path: string): Promise<readonly string[]> =>
  (await ifThere(() => files.list(path))) ?? [];

const exists = async (files: KitFiles, path: string): Promise<boolean> =>
  (await ifThere(() => files.stat(path))) !== undefined;

/** Names of drivers in the posting of 2023. */
const NAMES_2023: Readonly<Record<string, string>> = { 'sev-snp': 'sev_guest', tdx: 'tdx_guest' };

/** Asks a report item of its own. `ENXIO` is a kernel without a provider; no rights are told as they are. */
async function driverOfReports(files: KitFiles, item: string): Promise<string | undefined> {
  if (!(await exists(files, REPORT_PATH))) return undefined;
  const path = `${REPORT_PATH}/${item}`;
  try {
    await files.mkdir(path);
  } catch (error) {
    if (refusedWith(error, 'ENXIO')) return undefined;
    if (refusedWith(error, 'EACCES', 'EPERM'))
      throw new TsmError('EACCES', `${REPORT_PATH}: no right to make a report item; run it as root`);
    throw error;
  }
  try {
    const provider = await ifThere(() => readFile(files, `${path}/provider`));
    // A folder, but not one of configfs.
    if (!provider) return undefined;
    const name = utf8Text(provider).trim();
    return NAMES_2023[name] ?? name;
  } finally {
    await files.rmdir(path);
  }
}

/** The revision of what is below `/sys/kernel/tsm/DRIVER`, by the files of its registers. */
async function viewBelow(files: KitFiles, path: string): Promise<RegisterPlace | undefined> {
  for (const register of await list(files, path)) {
    const inner = await list(files, `${path}/${register}`);
    if (inner.includes('append_event')) return { view: 'directories', path };
    for (const hash of inner)
      if ((await list(files, `${path}/${register}/${hash}`)).includes('digest'))
        return { view: 'banks', path };
  }
  return undefined;
}

/** The driver's own, or where nobody says which that is, the first. */
const choose = (names: readonly string[], driver: string | undefined): string | undefined =>
  driver === undefined ? names[0] : names.find((name) => name === driver);

type Look = (
  files: KitFiles,
  driver: string | undefined,
) => Promise<readonly [string, RegisterPlace] | undefined>;

const unified: Look = async (files, driver) => {
  for (const root of Object.values(UNIFIED_ROOTS)) {
    const found = await list(files, root);
    if (!found.includes('by-role')) continue;
    const name = choose(
      found.filter((one) => one !== 'by-role' && one !== 'event_log'),
      driver,
    );
    if (name !== undefined) return [name, { view: 'unified', path: `${root}/${name}` }];
  }
  return undefined;
};

const measurements: Look = async (files, driver) => {
  const able: string[] = [];
  for (const device of await list(files, DEVICES))
    if (await exists(files, `${DEVICES}/${device}/measurements`)) able.push(device);
  const name = choose(able, driver);
  return name === undefined
    ? undefined
    : [name, { view: 'measurements', path: `${DEVICES}/${name}/measurements` }];
};

const postings: Look = async (files, driver) => {
  const name = choose(await list(files, TSM), driver);
  const place = name === undefined ? undefined : await viewBelow(files, `${TSM}/${name}`);
  return name === undefined || !place ? undefined : [name, place];
};

const rtmrs: Look = async (files, driver) =>
  (await exists(files, RTMRS)) ? [driver ?? 'tdx_guest', { view: 'rtmrs', path: RTMRS }] : undefined;

/** The richest first. */
const LOOKS: readonly Look[] = [unified, measurements, postings, rtmrs];

/** `item`: name of the report item that is made to ask. `ENODEV` when nothing is found: the message lists what was looked for. */
export async function findTsm(files: KitFiles, item: string): Promise<FoundTsm> {
  const reporting = await driverOfReports(files, item);
  for (const look of LOOKS) {
    const [name, registers] = (await look(files, reporting)) ?? [];
    if (name !== undefined && registers) return { driver: name, reports: reporting !== undefined, registers };
  }
  if (reporting !== undefined) return { driver: reporting, reports: true, registers: undefined };
  for (const [path, driver] of TRACES)
    if (await exists(files, path)) return { driver, reports: false, registers: undefined };
  throw new TsmError('ENODEV', `this is no confidential VM: there is none of ${LOOKED_FOR.join(', ')}`);
}
