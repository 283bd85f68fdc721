/** Configuration tables that firmware hands over, both versions. Source: TCG PC Client Platform Firmware Profile 1.06 §10.2. */
import { array, ascii, field, guid, struct, u64le, u8, type Layout } from '@tsm/core/layout';
import type { Meaning, Reading } from './reading.ts';
import { counted, hexNumber, titleText } from './text.ts';

const SPEC = 'TCG PC Client Platform Firmware Profile 1.06 §10.2';

export const EFI_CONFIGURATION_TABLE = struct('EFI_CONFIGURATION_TABLE', 'UEFI 2.10 §4.6', {
  vendorGuid: field(guid, 'What the table is'),
  vendorTable: field(u64le, 'Address of the table'),
});

const TABLE_ROWS = {
  numberOfTables: field(u64le, 'Number of tables'),
  tableEntry: field(array(EFI_CONFIGURATION_TABLE, 'numberOfTables'), 'Tables'),
};

export const UEFI_HANDOFF_TABLE_POINTERS = struct('UEFI_HANDOFF_TABLE_POINTERS', SPEC, TABLE_ROWS);

export const UEFI_HANDOFF_TABLE_POINTERS2 = struct('UEFI_HANDOFF_TABLE_POINTERS2', SPEC, {
  tableDescriptionSize: field(u8, 'Length of the description in bytes'),
  tableDescription: field(ascii('tableDescriptionSize'), 'Description; some firmware counts a NUL in it'),
  ...TABLE_ROWS,
});

/** Names of tables that are met (UEFI 2.10 §4.6.1; OVMF platform information HOB list). */
const TABLE_NAMES: ReadonlyMap<string, string> = new Map([
  ['eb9d2d31-2d88-11d3-9a16-0090273fc14d', 'SMBIOS'],
  ['f2fd1544-9794-4a2c-992e-e5bbcf20e394', 'SMBIOS 3'],
  ['eb9d2d30-2d88-11d3-9a16-0090273fc14d', 'ACPI 1.0'],
  ['8868e871-e4f1-11d3-bc22-0080c73c8881', 'ACPI 2.0'],
  ['7739f24c-93d7-11d4-9a3a-0090273fc14d', 'HOB list'],
]);

interface Tables {
  readonly numberOfTables: bigint;
  readonly tableEntry: readonly { readonly vendorGuid: string; readonly vendorTable: bigint }[];
  readonly tableDescription?: string;
}

function readAs(reading: Reading, layout: Layout<Tables>): Meaning | undefined {
  const tables = reading.read(layout);
  if (!tables) return undefined;
  const description = tables.tableDescription?.replace(/\0.*$/s, '');
  const list = tables.tableEntry
    .slice(0, 4)
    .map((one) => `${TABLE_NAMES.get(one.vendorGuid) ?? one.vendorGuid} at ${hexNumber(one.vendorTable)}`)
    .join(', ');
  const words = list === '' ? counted(tables.numberOfTables, 'table') : list;
  return {
    kind: 'handoff-tables',
    title: titleText(
      description === undefined ? words : `${description}: ${counted(tables.tableEntry.length, 'table')}`,
    ),
    fields: description === undefined ? { ...tables } : { ...tables, tableDescription: description },
  };
}

/** UEFI_HANDOFF_TABLE_POINTERS. */
export function readHandoffTables(reading: Reading): Meaning | undefined {
  return readAs(reading, UEFI_HANDOFF_TABLE_POINTERS);
}

/** UEFI_HANDOFF_TABLE_POINTERS2: with a description, such as `TdxTable` for the TD hand-off block. */
export function readHandoffTables2(reading: Reading): Meaning | undefined {
  return readAs(reading, UEFI_HANDOFF_TABLE_POINTERS2);
}
