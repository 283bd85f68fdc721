/** Headers of PE/COFF images, as far as Authenticode digests need them. Spec: Microsoft PE Format; Windows Authenticode Portable Executable Signature Format. */
import { ascii, bytes, enumOf, field, struct, u16le, u32le, u64le, u8 } from '@tsm/core/layout';

const PE = 'Microsoft PE Format';

export const DosHeader = struct('DosHeader', `${PE}, MS-DOS stub`, {
  magic: field(ascii(2), 'MZ'),
  stub: field(bytes(58), 'Read by MS-DOS only'),
  peOffset: field(u32le, 'Offset of the PE header'),
});

export const CoffHeader = struct('CoffHeader', `${PE}, COFF file header`, {
  signature: field(ascii(4), 'PE and two NULs'),
  machine: field(u16le, 'Processor'),
  numberOfSections: field(u16le, 'Rows of the section table'),
  timeDateStamp: field(u32le, 'When it was linked'),
  pointerToSymbolTable: field(u32le, 'Offset of the symbols'),
  numberOfSymbols: field(u32le, 'How many symbols'),
  sizeOfOptionalHeader: field(u16le, 'Size of the optional header in bytes'),
  characteristics: field(u16le, 'Attributes of the file'),
});

export const PE_MAGIC = { PE32: 0x10b, PE32_PLUS: 0x20b } as const;

const MAGICS = [
  { value: PE_MAGIC.PE32, name: 'PE32' },
  { value: PE_MAGIC.PE32_PLUS, name: 'PE32+' },
];

const linked = {
  magic: field(enumOf(u16le, MAGICS), 'PE32 or PE32+'),
  majorLinkerVersion: field(u8, 'Version of the linker'),
  minorLinkerVersion: field(u8, 'Version of the linker'),
  sizeOfCode: field(u32le, 'Code sections in bytes'),
  sizeOfInitializedData: field(u32le, 'Data sections in bytes'),
  sizeOfUninitializedData: field(u32le, 'BSS sections in bytes'),
  addressOfEntryPoint: field(u32le, 'Entry point'),
  baseOfCode: field(u32le, 'Start of the code'),
};

const placed = {
  sectionAlignment: field(u32le, 'Alignment in memory'),
  fileAlignment: field(u32le, 'Alignment in the file'),
  versions: field(bytes(16), 'Versions of system, image and subsystem'),
  sizeOfImage: field(u32le, 'Size in memory'),
  sizeOfHeaders: field(u32le, 'Size of all headers in the file'),
  checkSum: field(u32le, 'Checksum: not part of an Authenticode digest'),
  subsystem: field(u16le, '10 for a UEFI application'),
  dllCharacteristics: field(u16le, 'Attributes for the loader'),
};

const last = {
  loaderFlags: field(u32le, 'Zero'),
  numberOfRvaAndSizes: field(u32le, 'Rows of the data directories that follow'),
};

export const OptionalHeader32 = struct('OptionalHeader32', `${PE}, optional header`, {
  ...linked,
  baseOfData: field(u32le, 'Start of the data'),
  imageBase: field(u32le, 'Preferred address'),
  ...placed,
  stackAndHeap: field(bytes(16), 'Sizes of stack and heap'),
  ...last,
});

export const OptionalHeader64 = struct('OptionalHeader64', `${PE}, optional header`, {
  ...linked,
  imageBase: field(u64le, 'Preferred address'),
  ...placed,
  stackAndHeap: field(bytes(32), 'Sizes of stack and heap'),
  ...last,
});

export const DataDirectory = struct('DataDirectory', `${PE}, optional header data directories`, {
  virtualAddress: field(u32le, 'Address; for certificates the offset in the file'),
  size: field(u32le, 'Size in bytes'),
});

export const SectionHeader = struct('SectionHeader', `${PE}, section table`, {
  name: field(ascii(8), 'Name, NUL-padded'),
  virtualSize: field(u32le, 'Size in memory'),
  virtualAddress: field(u32le, 'Address in memory'),
  sizeOfRawData: field(u32le, 'Size in the file'),
  pointerToRawData: field(u32le, 'Offset in the file'),
  relocationsAndLineNumbers: field(bytes(12), 'For linkers'),
  characteristics: field(u32le, 'Attributes of the section'),
});
