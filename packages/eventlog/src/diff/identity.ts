/**
 * What makes an event the same event in another log: its type, and what it is about, but not what it measured. So a
 * changed kernel is one change, and not one event gone and another one come.
 */
import { toHex } from '@tsm/core';
import type { EventContent } from '../event-data/content.ts';
import type { LogEvent } from '../log.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A field's text; '' for anything else. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** The file or the path that a loaded image came from. */
export function imagePath(fields: Fields): string {
  const path = fields['devicePath'] as { readonly file?: string; readonly text?: string } | undefined;
  return path?.file ?? path?.text ?? '';
}

/** File names carry versions: `vmlinuz-6.16.0` and `vmlinuz-6.17.0-rc1` are the same file of two boots. */
function withoutVersion(path: string): string {
  return path.replace(/[-_.]?v?\d+(?:[.\-_+~]\w+)*/g, '*').toLowerCase();
}

/** Commands whose arguments change with each kernel; of these a menu entry has one. */
const FILE_COMMANDS =
  /^(linux\w*|initrd\w*|kernel|module\d?|multiboot\d?|chainloader|menuentry|devicetree)\b/;

function grubKey(fields: Fields): string {
  const text = textOf(fields, 'argument');
  return FILE_COMMANDS.exec(text)?.[0] ?? text;
}

/** The name by which a boot loader's event is known, by its form. */
const IPL_KEYS: Readonly<Record<string, (fields: Fields) => string>> = {
  'grub-command': grubKey,
  'kernel-command-line': () => '',
  'command-line': () => '',
  'module-command-line': (fields) => textOf(fields, 'argument').split(' ')[0] ?? '',
  'grub-file': (fields) => withoutVersion(textOf(fields, 'argument')),
  file: (fields) => withoutVersion(textOf(fields, 'text')),
};

function iplKey(fields: Fields): string {
  const form = textOf(fields, 'form');
  return `${form}:${IPL_KEYS[form]?.(fields) ?? textOf(fields, 'text')}`;
}

const variableKey = (fields: Fields): string =>
  `${textOf(fields, 'variableName')}:${textOf(fields, 'unicodeName')}`;
const text = (fields: Fields): string => textOf(fields, 'text');
const nothing = (): string => '';
/** The name of a type of content that a canonical log brings. */
const nameField = (fields: Fields): string => textOf(fields, 'name');

/** The stable part of an event's content, by kind; kinds that no row has are known by their type alone. */
const KEYS: Readonly<Record<string, (fields: Fields) => string>> = {
  text,
  'text-event': (fields) => `${textOf(fields, 'domain')} ${textOf(fields, 'operation')}`,
  version: nothing,
  separator: nothing,
  gpt: nothing,
  'gce-non-host-info': nothing,
  'uefi-variable': variableKey,
  'uefi-variable-authority': variableKey,
  'image-load': (fields) => withoutVersion(imagePath(fields)),
  ipl: iplKey,
  'event-tag': (fields) =>
    `${textOf(fields, 'taggedEventId')} ${textOf(fields, 'domain')} ${textOf(fields, 'operation')}`,
  'config-flags': (fields) => textOf(fields, 'descriptor') || text(fields),
  'firmware-blob': (fields) => textOf(fields, 'blobDescription') || textOf(fields, 'blobBase'),
  ima: (fields) => textOf(fields, 'n-ng') || textOf(fields, 'n'),
  dstack: (fields) => textOf(fields, 'event'),
  systemd: (fields) => textOf(fields, 'eventType'),
  'trust-authority': (fields) => JSON.stringify(fields['tags'] ?? []),
  cel: nameField,
  cos: nameField,
  'handoff-tables': (fields) => textOf(fields, 'tableDescription'),
};

/** Records that state or extend a value: what they say is not what they are. */
const STATEMENTS = new Set(['SYNC', 'INIT', '.EXTEND']);

export function identityOf(event: LogEvent, content: EventContent): string {
  if (STATEMENTS.has(event.typeName)) return event.typeName;
  return `${event.typeName}|${content.kind}|${KEYS[content.kind]?.(content.fields) ?? ''}`;
}

/** The digests by bank; what a log without digests measures is its data. */
export function fingerprint(event: LogEvent): Record<string, string> {
  const digests = event.digests.flatMap(({ algorithm, digest }) =>
    algorithm === undefined ? [] : [[algorithm, toHex(digest)] as const],
  );
  return Object.fromEntries(digests.length > 0 ? digests : [['data', toHex(event.data)]]);
}
