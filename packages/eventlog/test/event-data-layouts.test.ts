/** Every layout table of event data holds the properties of layout tables. */
import type { Layout } from '@tsm/core/layout';
import { layoutChecks } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { DEVICE_PATH_HEADER, NODE_KINDS } from '../src/event-data/device-path/nodes.ts';
import * as deviceSecurity from '../src/event-data/device-security.ts';
import * as eventTag from '../src/event-data/event-tag.ts';
import * as gpt from '../src/event-data/gpt.ts';
import * as handoffTables from '../src/event-data/handoff-tables.ts';
import * as imageLoad from '../src/event-data/image-load.ts';
import * as noAction from '../src/event-data/no-action.ts';
import * as platformBlob from '../src/event-data/platform-blob.ts';
import * as separator from '../src/event-data/separator.ts';
import * as signatures from '../src/event-data/signatures.ts';
import * as textLike from '../src/event-data/text-like.ts';
import * as uefiVariable from '../src/event-data/uefi-variable.ts';

const MODULES = [
  ...[deviceSecurity, eventTag, gpt, handoffTables, imageLoad, noAction],
  ...[platformBlob, separator, signatures, textLike, uefiVariable],
];

function isLayout(value: unknown): value is Layout<unknown> {
  return typeof value === 'object' && value !== null && 'rows' in value && 'spec' in value;
}

const LAYOUTS: readonly Layout<unknown>[] = [
  DEVICE_PATH_HEADER,
  ...NODE_KINDS.map((kind) => kind.layout),
  ...MODULES.flatMap((module) => Object.values<unknown>(module).filter(isLayout)),
];

test('the tables are found, each with its name and source', () => {
  expect(LAYOUTS.length).toBe(1 + NODE_KINDS.length + 32);
  for (const layout of LAYOUTS) {
    expect(layout.name).not.toBe('');
    expect(layout.spec, layout.name).not.toBe('');
  }
});

describe.each(LAYOUTS.map((layout) => [layout.name, layout] as const))('%s', (_, layout) => {
  for (const check of layoutChecks(layout)) test(check.name, check.run);
});
