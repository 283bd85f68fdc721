/** ACPI tables as QEMU hands them over, and the script that links them. Spec: ACPI 6.5 §5.2; QEMU hw/acpi/bios-linker-loader.c. */
import {
  ascii,
  bytes,
  choice,
  field,
  reserved,
  struct,
  u32le,
  u8,
  windowOf,
  type Codec,
} from '@tsm/core/layout';

const LINKER = 'QEMU hw/acpi/bios-linker-loader.c';

export const AcpiTableHeader = struct('AcpiTableHeader', 'ACPI 6.5 §5.2.6, DESCRIPTION_HEADER', {
  signature: field(ascii(4), 'Which table'),
  length: field(u32le, 'Size of the table in bytes'),
  revision: field(u8, 'Revision of the table'),
  checksum: field(u8, 'Makes all bytes add up to zero; zero before the firmware links the tables'),
  oemId: field(bytes(6), 'Manufacturer'),
  oemTableId: field(bytes(8), 'Table of the manufacturer'),
  oemRevision: field(u32le, 'Revision of the manufacturer'),
  creatorId: field(bytes(4), 'Who made the table'),
  creatorRevision: field(u32le, 'Revision of who made it'),
});

export const AcpiRsdp = struct('AcpiRsdp', 'ACPI 1.0 §5.2.4, root system description pointer', {
  signature: field(ascii(8), '"RSD PTR "'),
  checksum: field(u8, 'Makes all bytes add up to zero; zero before the firmware links the tables'),
  oemId: field(ascii(6), 'Manufacturer'),
  revision: field(u8, '0'),
  rsdtAddress: field(
    u32le,
    'Address of the RSDT; its offset in the file before the firmware links the tables',
  ),
});

export const LINKER_COMMAND = { ALLOCATE: 1, ADD_POINTER: 2, ADD_CHECKSUM: 3 } as const;

const NAME = 56;

export const LinkerAllocate = struct('LinkerAllocate', `${LINKER}, BIOS_LINKER_LOADER_COMMAND_ALLOCATE`, {
  file: field(ascii(NAME), 'fw_cfg file to load, NUL-padded'),
  alignment: field(u32le, 'Alignment in memory'),
  zone: field(u8, '1 high memory, 2 the segment of the BIOS'),
  reserved: field(reserved(63), 'Zero'),
});

export const LinkerAddPointer = struct(
  'LinkerAddPointer',
  `${LINKER}, BIOS_LINKER_LOADER_COMMAND_ADD_POINTER`,
  {
    file: field(ascii(NAME), 'File that holds the pointer, NUL-padded'),
    pointee: field(ascii(NAME), 'File that it points into, NUL-padded'),
    offset: field(u32le, 'Where the pointer is'),
    size: field(u8, 'Size of the pointer in bytes'),
    reserved: field(reserved(7), 'Zero'),
  },
);

export const LinkerAddChecksum = struct(
  'LinkerAddChecksum',
  `${LINKER}, BIOS_LINKER_LOADER_COMMAND_ADD_CHECKSUM`,
  {
    file: field(ascii(NAME), 'File that holds the checksum, NUL-padded'),
    offset: field(u32le, 'Where the checksum goes'),
    start: field(u32le, 'First byte that it covers'),
    length: field(u32le, 'How many bytes it covers'),
    reserved: field(reserved(56), 'Zero'),
  },
);

const COMMANDS: ReadonlyMap<unknown, Codec<unknown>> = new Map<number, Codec<unknown>>([
  [LINKER_COMMAND.ALLOCATE, LinkerAllocate],
  [LINKER_COMMAND.ADD_POINTER, LinkerAddPointer],
  [LINKER_COMMAND.ADD_CHECKSUM, LinkerAddChecksum],
]);

/** 128 bytes; a file of them ends with zeros. */
export const LinkerEntry = struct('LinkerEntry', LINKER, {
  command: field(u32le, 'What to do'),
  arguments: field(
    windowOf(
      124,
      choice('command', ({ command }) => COMMANDS.get(command) ?? bytes(124)),
    ),
    'With what',
  ),
});
