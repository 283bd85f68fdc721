/** Every table of the provider holds what a layout table must hold. */
import { layoutChecks } from '@tsm/core/testing';
import { sizeOf } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import * as layouts from '../src/layout/index.ts';

const tables = Object.values(layouts).filter((value) => typeof value === 'object' && 'rows' in value);

describe.each(tables.map((table) => [table.name, table] as const))('%s', (_, table) => {
  for (const { name, run } of layoutChecks(table)) test(name, run);
});

test('sizes are those of the C structures', () => {
  expect(sizeOf(layouts.MeasurementRegisterDescriptor)).toBe(12);
  expect(sizeOf(layouts.AttestationCapabilities)).toBe(8 + 4 + 4 + 2 + 2 + 26 * 12 + 4);
  expect(sizeOf(layouts.SalusRegisterDescriptor)).toBe(4);
  expect(sizeOf(layouts.SalusCapabilities)).toBe(8 + 4 + 32 * 4 + 4);
});
