/** A report through an item of its own, with the check that nobody else wrote to it (ABI document configfs-tsm-report). */
import { REPORT_PATH } from '@tsm/abi';
import { readFile, writeFile, type KitFiles } from '@tsm/abi/kit';
import { TsmError, utf8Text, type Report, type ReportBlobs, type ReportRequest } from '@tsm/core';
import { refusedWith } from './find.ts';

/** What reports are asked with. */
export interface Asking {
  readonly files: KitFiles;
  /** Gives the name of a new item: one that nobody else has. */
  readonly item: () => string;
  /** Waits, in milliseconds, before a driver that is busy is asked again. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** How often a report is tried when somebody interferes, or the driver is busy. */
const TRIES = 3;
const PAUSE = 250;

/** In the order of the attributes that clients write; `inblob` first. */
function writesOf(request: ReportRequest): [attribute: string, value: string | Uint8Array][] {
  const options: [string, string | number | undefined][] = [
    ['privlevel', request.privlevel],
    ['service_provider', request.serviceProvider],
    ['service_guid', request.serviceGuid],
    ['service_manifest_version', request.serviceManifestVersion],
  ];
  const given = options.flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return [['inblob', request.inblob], ...given];
}

/** Another program changed the item between our writes and our reads. */
class Conflict extends TsmError {
  constructor(path: string, expected: bigint, found: bigint) {
    super(
      'EBUSY',
      `${path}: expected generation ${String(expected)}, got ${String(found)}: another program writes to this item`,
    );
  }
}

const generationOf = async (files: KitFiles, path: string): Promise<bigint> =>
  BigInt(utf8Text(await readFile(files, `${path}/generation`)).trim());

/** Writes the request, reads the blobs, and looks whether the item counted our writes and no other. */
export async function reportOf(files: KitFiles, path: string, request: ReportRequest): Promise<Report> {
  const shown = await files.list(path);
  const writes = writesOf(request);
  const missing = writes.find(([attribute]) => !shown.includes(attribute));
  if (missing) throw new TsmError('EOPNOTSUPP', `${path}: this driver has no attribute ${missing[0]}`);
  const expected = ((await generationOf(files, path)) + BigInt(writes.length)) & 0xffff_ffff_ffff_ffffn;
  for (const [attribute, value] of writes) await writeFile(files, `${path}/${attribute}`, value);
  const blob = async (name: Exclude<keyof ReportBlobs, 'outblob'>): Promise<Partial<ReportBlobs>> => {
    const bytes = shown.includes(name) ? await readFile(files, `${path}/${name}`) : new Uint8Array(0);
    return bytes.length > 0 ? { [name]: bytes } : {};
  };
  const outblob = await readFile(files, `${path}/outblob`);
  const blobs = { outblob, ...(await blob('auxblob')), ...(await blob('manifestblob')) };
  const generation = await generationOf(files, path);
  if (generation !== expected) throw new Conflict(path, expected, generation);
  // Before March 2026 the TDX driver hid a status of GetQuote that was no success.
  if (outblob.length === 0)
    throw new TsmError(
      'EIO',
      `${path}: the report is empty: the host refused it. Is its quoting service up?`,
    );
  return { ...blobs, generation };
}

/** One try, in an item that is gone afterwards. */
async function tryOnce({ files, item }: Asking, request: ReportRequest): Promise<Report> {
  const path = `${REPORT_PATH}/${item()}`;
  await files.mkdir(path);
  try {
    return await reportOf(files, path, request);
  } finally {
    await files.rmdir(path);
  }
}

/** Tries again when the item was written to, or the driver is busy; then the refusal is told. */
export async function takeReport(asking: Asking, request: ReportRequest): Promise<Report> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryOnce(asking, request);
    } catch (error) {
      if (!refusedWith(error, 'EBUSY') || tries === TRIES) throw error;
      if (!(error instanceof Conflict)) await asking.wait(PAUSE * tries);
    }
  }
}
