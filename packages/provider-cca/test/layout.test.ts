/** Every table of the provider holds what a layout table must hold. */
import { layoutChecks } from '@tsm/core/testing';
import { describe, test } from 'vitest';
import * as layouts from '../src/layout/index.ts';

const tables = Object.values(layouts).filter((value) => typeof value === 'object' && 'rows' in value);

describe.each(tables.map((table) => [table.name, table] as const))('%s', (_, table) => {
  for (const { name, run } of layoutChecks(table)) test(name, run);
});
