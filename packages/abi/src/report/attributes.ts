/** The attributes of a report item (drivers/virt/coco/guest/report.c): names, modes, and what each does. */
import { INBLOB_MAX, utf8Bytes, type BlobName, type ReportAttribute, type ReportItem } from '@tsm/core';
import { configfsBlob } from '../files/blob.ts';
import { configfsText } from '../files/text.ts';
import { parseUint } from '../integer.ts';
import type { FileNode } from '../node.ts';
import type { ReportRevision } from '../profiles.ts';
import { pemOfTable } from './certs.ts';

/** How an item is reached: one at a time, and only while its directory is there. */
export interface ItemAccess {
  readonly item: ReportItem;
  shared<T>(action: () => T): T;
  exclusive<T>(action: () => T): T;
  /** `ENOENT` after rmdir. */
  alive(): void;
  /** Reads a blob; the errno for a provider that is gone is the profile's. */
  blob(name: BlobName): Uint8Array;
  /** Name of the provider as this revision spells it. */
  providerName(): string;
}

type Make = (access: ItemAccess, revision: ReportRevision) => FileNode;

const READ_ONLY = 0o444;
const WRITE_ONLY = 0o200;

const shown =
  (show: (access: ItemAccess) => string): Make =>
  (access) =>
    configfsText({
      mode: READ_ONLY,
      show: () => access.shared(() => `${show(access)}\n`),
      alive: () => access.alive(),
    });

/** `parse` comes before the lock, as in the kernel: what is no number is refused before anything else. */
const stored =
  <T>(parse: (text: string) => T, store: (item: ReportItem, value: T) => void): Make =>
  (access) =>
    configfsText({
      mode: WRITE_ONLY,
      store(text) {
        const value = parse(text);
        access.exclusive(() => store(access.item, value));
      },
      alive: () => access.alive(),
    });

const blob =
  (read: (access: ItemAccess) => Uint8Array): Make =>
  (access, { blobMax }) =>
    configfsBlob({
      ...{ mode: READ_ONLY, max: blobMax },
      read: () => access.exclusive(() => read(access)),
      alive: () => access.alive(),
    });

const inblob: Make = (access) =>
  configfsBlob({
    ...{ mode: WRITE_ONLY, max: INBLOB_MAX },
    commit: (bytes) => access.exclusive(() => access.item.setInblob(bytes)),
    alive: () => access.alive(),
  });

const text = (value: string): string => value;

/** By file name; `shows`: the driver's word for an attribute that it can hide. */
const ATTRIBUTES: readonly (readonly [name: string, make: Make, shows?: ReportAttribute])[] = [
  ['generation', shown(({ item }) => item.generation.toString())],
  ['provider', shown((access) => access.providerName())],
  ['privlevel', stored(parseUint, (item, level) => item.setPrivlevel(level)), 'privlevel'],
  ['privlevel_floor', shown(({ item }) => String(item.privlevelFloor)), 'privlevelFloor'],
  [
    'service_provider',
    stored(text, (item, name) => item.setServiceProvider(name.replace(/\n$/, ''))),
    'serviceProvider',
  ],
  ['service_guid', stored(text, (item, guid) => item.setServiceGuid(guid)), 'serviceGuid'],
  [
    'service_manifest_version',
    stored(parseUint, (item, version) => item.setServiceManifestVersion(version)),
    'serviceManifestVersion',
  ],
  ['inblob', inblob],
  ['outblob', blob((access) => access.blob('outblob'))],
  ['auxblob', blob((access) => access.blob('auxblob')), 'auxblob'],
  ['manifestblob', blob((access) => access.blob('manifestblob')), 'manifestblob'],
];

const certs: Make = blob((access) => utf8Bytes(pemOfTable(access.blob('auxblob'))));

/** What came with the attributes of SVSM services. */
const SINCE_611: readonly ReportAttribute[] = [
  ...(['serviceProvider', 'serviceGuid', 'serviceManifestVersion', 'manifestblob'] as const),
];

function isInRevision(attribute: ReportAttribute, { attributes }: ReportRevision): boolean {
  if (attribute === 'auxblob') return attributes !== '2023';
  return attributes === '6.11' || !SINCE_611.includes(attribute);
}

/** The files of a new item: those of the revision that the driver shows. Fixed from then on. */
export function attributesOf(
  access: ItemAccess,
  driverShows: readonly ReportAttribute[],
  revision: ReportRevision,
): ReadonlyMap<string, FileNode> {
  const files = ATTRIBUTES.filter(
    ([, , shows]) => shows === undefined || (driverShows.includes(shows) && isInRevision(shows, revision)),
  ).map(([name, make]) => [name, make(access, revision)] as const);
  return new Map(revision.attributes === '2023' ? [...files, ['certs', certs(access, revision)]] : files);
}
