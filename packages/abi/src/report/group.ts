/** `/sys/kernel/config/tsm/report`: a directory makes an item (drivers/virt/coco/guest/report.c). */
import { TsmError, type BlobName, type ReportItem, type Tsm } from '@tsm/core';
import { RwLock, type Clock } from '../clock.ts';
import { errno } from '../errno.ts';
import type { DirectoryNode, FileNode, Node } from '../node.ts';
import type { ReportRevision } from '../profiles.ts';
import { attributesOf, type ItemAccess } from './attributes.ts';

export interface ReportGroupOptions {
  readonly revision: ReportRevision;
  readonly clock: Clock;
  /** A lock for each item. The kernel has one for all: a slow provider stalls every reader. Default: as the kernel. */
  readonly lockPerItem?: boolean;
  /** Counters that items begin with, for tests of the wrap. */
  readonly counters?: { readonly write: bigint; readonly read: bigint } | undefined;
  /** More files of each item, beside those of the kernel. */
  readonly extra?: (access: ItemAccess) => readonly (readonly [string, FileNode])[];
}

/** Providers had other names in the posting of 2023. */
const NAMES_2023: Readonly<Record<string, string>> = { sev_guest: 'sev-snp', tdx_guest: 'tdx' };

export function reportGroup(tsm: Tsm, options: ReportGroupOptions): DirectoryNode {
  const { revision, clock, lockPerItem = false, counters, extra } = options;
  const common = new RwLock(clock);
  const items = new Map<string, Node>();
  const live = new Map<string, ReportItem>();

  const readBlob = (item: ReportItem, name: BlobName): Uint8Array => {
    try {
      return item.read(name);
    } catch (error) {
      const missing = error instanceof TsmError && error.code === 'ENXIO' && tsm.report === undefined;
      throw missing ? errno(revision.missingProvider, error.message) : error;
    }
  };

  const accessTo = (item: ReportItem): ItemAccess => {
    const lock = lockPerItem ? new RwLock(clock) : common;
    return {
      item,
      shared: (action) => lock.read(action),
      exclusive: (action) => lock.write(action),
      alive() {
        if (live.get(item.name) !== item) throw errno('ENOENT', `report item ${item.name} was removed`);
      },
      blob: (name) => readBlob(item, name),
      providerName: () =>
        revision.attributes === '2023' ? (NAMES_2023[item.provider] ?? item.provider) : item.provider,
    };
  };

  return {
    kind: 'directory',
    mode: 0o755,
    entries: () => items,
    mkdir(name) {
      const shows = tsm.report?.driver.attributes ?? [];
      const item = tsm.createItem(name, counters?.write, counters?.read);
      live.set(name, item);
      const access = accessTo(item);
      const files = new Map<string, Node>([
        ...attributesOf(access, shows, revision),
        ...(extra?.(access) ?? []),
      ]);
      items.set(name, { kind: 'directory', mode: 0o755, entries: () => files });
    },
    rmdir(name) {
      tsm.removeItem(name);
      items.delete(name);
      live.delete(name);
    },
  };
}
