/** The ACPI blobs of QEMU: root pointer and table loader, made again from the tables. Spec: QEMU hw/acpi/bios-linker-loader.c, hw/i386/acpi-build.c. */
import { concatAll, type Issue } from '@tsm/core';
import { decode, encode, sizeOf, type Infer } from '@tsm/core/layout';
import {
  AcpiRsdp,
  AcpiTableHeader,
  LINKER_COMMAND,
  LinkerEntry,
  type LinkerAddChecksum,
  type LinkerAddPointer,
  type LinkerAllocate,
} from '../layout/acpi-loader.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';

const RSDP = 'etc/acpi/rsdp'.padEnd(56, '\0');
const TABLES = 'etc/acpi/tables'.padEnd(56, '\0');
/** Signature and length. */
const HEAD = 8;
const LOADER_ALIGNMENT = 4096;
/** Tables that hold no pointers. Others may have their own records in the loader. */
const PLAIN = ['DSDT', 'APIC', 'MCFG', 'WAET', 'HPET', 'SRAT', 'SLIT', 'HMAT', 'DMAR'];
/** Tables that the loader links. */
const LINKED = ['FACS', 'FACP', 'RSDT'];
/** Where the checksum of a table is. */
const CHECKSUM = 9;
/** Pointers of a FADT to FACS and DSDT: offset and size. */
const FADT_POINTERS = [
  [36, 4],
  [40, 4],
  [140, 8],
] as const;

interface Table {
  readonly signature: string;
  readonly offset: number;
  readonly length: number;
}

export interface AcpiBlobs {
  readonly rsdp?: Uint8Array;
  readonly loader?: Uint8Array;
  readonly issues: readonly Issue[];
}

/** The tables of the file, in its order; what stands where no table can be, as an issue. */
function tablesIn(bytes: Uint8Array): Table[] | Issue {
  const tables: Table[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes[offset] === 0) {
      offset += 1;
      continue;
    }
    // FACS has signature and length only; both stand where other tables have them.
    const { children } = decode(AcpiTableHeader, bytes, { offset }).tree;
    const [signature, length] = [String(children[0]?.value), Number(children[1]?.value)];
    if (!/^[A-Z0-9]{4}$/.test(signature) || !(length >= HEAD && length <= bytes.length - offset))
      return issueAt(`no table at 0x${offset.toString(16)}`, offset, Math.min(HEAD, bytes.length - offset));
    tables.push({ signature, offset, length });
    offset += length;
  }
  return tables;
}

function issueAt(found: string, offset: number, length: number): Issue {
  return TDX_LAUNCH_ISSUES.make('tdx-launch.acpi', { path: 'acpi-tables', offset, length }, { found });
}

function allocate(file: string, alignment: number, zone: number): Uint8Array {
  const value: Infer<typeof LinkerAllocate> = { file, alignment, zone, reserved: new Uint8Array(63) };
  return encode(LinkerEntry, { command: LINKER_COMMAND.ALLOCATE, arguments: value });
}

/** A pointer into the tables. */
function pointer(file: string, offset: number, size: number): Uint8Array {
  const value: Infer<typeof LinkerAddPointer> = {
    ...{ file, pointee: TABLES, offset, size },
    reserved: new Uint8Array(7),
  };
  return encode(LinkerEntry, { command: LINKER_COMMAND.ADD_POINTER, arguments: value });
}

function checksum(file: string, offset: number, start: number, length: number): Uint8Array {
  const value: Infer<typeof LinkerAddChecksum> = {
    file,
    offset,
    start,
    length,
    reserved: new Uint8Array(56),
  };
  return encode(LinkerEntry, { command: LINKER_COMMAND.ADD_CHECKSUM, arguments: value });
}

/** Where the pointers of a table are, and their sizes. */
function pointersOf({ signature, length }: Table): readonly (readonly [number, number])[] {
  const head = sizeOf(AcpiTableHeader);
  if (signature === 'FACP') return FADT_POINTERS.filter(([at, size]) => at + size <= length);
  if (signature !== 'RSDT') return [];
  return Array.from({ length: Math.floor((length - head) / 4) }, (_, i) => [head + 4 * i, 4] as const);
}

function recordsOf(table: Table): Uint8Array[] {
  const { signature, offset, length } = table;
  if (signature === 'FACS') return [];
  return [
    ...pointersOf(table).map(([at, size]) => pointer(TABLES, offset + at, size)),
    checksum(TABLES, offset + CHECKSUM, offset, length),
  ];
}

/**
 * Root pointer (etc/acpi/rsdp) and table loader (etc/table-loader) that QEMU gives for these tables (etc/acpi/tables),
 * all three before any firmware links them. Tables with pointers of their own are an issue: their records are not in
 * the tables.
 */
export function rebuildAcpi(bytes: Uint8Array): AcpiBlobs {
  const tables = tablesIn(bytes);
  if (!Array.isArray(tables)) return { issues: [tables] };
  const other = tables.find(({ signature }) => !PLAIN.includes(signature) && !LINKED.includes(signature));
  if (other)
    return {
      issues: [issueAt(`table ${other.signature} may have records of its own`, other.offset, other.length)],
    };
  const [rsdt, second] = tables.filter(({ signature }) => signature === 'RSDT');
  if (!rsdt || second) return { issues: [issueAt('there is no single RSDT', 0, bytes.length)] };
  const size = sizeOf(AcpiRsdp);
  const records = concatAll([
    allocate(RSDP, 16, 2),
    allocate(TABLES, 64, 1),
    ...tables.flatMap(recordsOf),
    pointer(RSDP, size - 4, 4),
    checksum(RSDP, 8, 0, size),
  ]);
  const loader = new Uint8Array(Math.ceil(records.length / LOADER_ALIGNMENT) * LOADER_ALIGNMENT);
  loader.set(records);
  const rsdp = encode(AcpiRsdp, {
    ...{ signature: 'RSD PTR ', checksum: 0, oemId: 'BOCHS ', revision: 0 },
    rsdtAddress: rsdt.offset,
  });
  return { rsdp, loader, issues: [] };
}
