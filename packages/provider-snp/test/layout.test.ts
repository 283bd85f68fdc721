/** Every table of the provider holds what a layout table must hold, and has the size that AMD gives it. */
import { sizeOf } from '@tsm/core/layout';
import { layoutChecks } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import * as layouts from '../src/layout/index.ts';

const tables = Object.values(layouts).filter((value) => typeof value === 'object' && 'rows' in value);

describe.each(tables.map((table) => [table.name, table] as const))('%s', (_, table) => {
  for (const { name, run } of layoutChecks(table)) test(name, run);
});

test.each([
  [layouts.AttestationReportV2, 1184],
  [layouts.AttestationReportV3Turin, 1184],
  [layouts.AttestationReportV5, 1184],
  [layouts.TcbVersion, 8],
  [layouts.TcbVersionTurin, 8],
  [layouts.GuestPolicy, 8],
  [layouts.EcdsaSignature, 512],
  [layouts.EcdsaPublicKey, 0x404],
  [layouts.IdBlock, 96],
  [layouts.IdAuthentication, 4096],
  [layouts.PageInfo, 0x70],
  [layouts.KernelHashTable, 176],
  [layouts.CertificateTableEntry, 24],
  [layouts.Vmsa, 4096],
  [layouts.HclHeader, 32],
])('%o has its size', (table, size) => {
  expect(sizeOf(table)).toBe(size);
});
