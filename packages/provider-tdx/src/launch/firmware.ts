/** MRTD of a firmware image, section by section. */
import type { Digests, Issue, LaunchStep } from '@tsm/core';
import { TDX_LAUNCH_ISSUES } from './issues.ts';
import type { FirmwareSection } from './metadata.ts';
import { measureRuns, PAGE, recordsSize, type PageOrder, type PageRun } from './mrtd.ts';

const MIB = 1 << 20;
/** Most bytes of records that are hashed: memory of 4 GiB that is added, or 85 MiB that is measured. */
const MAX_RECORDS = 128 * MIB;

export interface FirmwareMeasurement {
  readonly mrtd?: Uint8Array;
  readonly steps: readonly LaunchStep[];
  readonly issues: readonly Issue[];
}

function stepsOf({ name, address, size, measured }: FirmwareSection, order: PageOrder): LaunchStep[] {
  const pages = { register: 'mrtd', count: Number(size) / PAGE };
  const where = `${name} at 0x${address.toString(16)}`;
  if (!measured) return [{ ...pages, words: `page of ${where} added` }];
  if (order === 'single-pass') return [{ ...pages, words: `page of ${where} added, then measured` }];
  return [
    { ...pages, words: `page of ${where} added` },
    { ...pages, words: `page of ${where} measured` },
  ];
}

/** MRTD of the sections in their order. Sections that together are too large are an issue, before anything is allocated. */
export function measureFirmware(
  sections: readonly FirmwareSection[],
  order: PageOrder,
  digests: Digests,
): FirmwareMeasurement {
  const built = sections.filter(({ augmented, size }) => !augmented && size > 0n);
  const runs: PageRun[] = built.map(({ address, size, measured, data }) => ({
    address,
    pages: Number(size) / PAGE,
    ...(measured ? { content: data } : {}),
  }));
  const total = runs.reduce((sum, run) => sum + recordsSize(run), 0);
  if (total > MAX_RECORDS) {
    const pages = runs.reduce((sum, run) => sum + run.pages, 0);
    const place = { path: 'firmware.metadata', offset: 0, length: 0 };
    const found = `${String(pages)} pages, ${String(total)} bytes of records,`;
    const issue = TDX_LAUNCH_ISSUES.make('tdx-launch.too-large', place, {
      found,
      limit: `${String(MAX_RECORDS)} bytes`,
    });
    return { steps: [], issues: [issue] };
  }
  const mrtd = measureRuns(digests, runs, order);
  const steps = built.flatMap((section) => stepsOf(section, order));
  const end = { register: 'mrtd', words: 'hash of all records', digest: mrtd, value: mrtd };
  return { mrtd, steps: [...steps, end], issues: [] };
}
