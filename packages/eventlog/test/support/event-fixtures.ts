/** The table of fixtures: event type, data, and the kind, title and fields that its decode must give. */
import { concat, utf16Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import {
  UEFI_HANDOFF_TABLE_POINTERS,
  UEFI_HANDOFF_TABLE_POINTERS2,
} from '../../src/event-data/handoff-tables.ts';
import {
  UEFI_PLATFORM_FIRMWARE_BLOB,
  UEFI_PLATFORM_FIRMWARE_BLOB2,
} from '../../src/event-data/platform-blob.ts';
import { GCE_NON_HOST_INFO, TD_SHIM_CONFIG } from '../../src/event-data/text-like.ts';
import { gpt, imageLoad, tables, tagged, type Fixture } from './event-builders.ts';
import {
  bytesOf,
  CERTIFICATE,
  certificates,
  DISK_PATH,
  END,
  file,
  GUID,
  hashes,
  loadOption,
  node,
  nul,
  OWNER,
  signature,
  signatureList,
  text,
  typedNode,
  variable,
  wide,
  zeros,
} from './event-data.ts';
import { FIRMWARE_FIXTURES } from './event-firmware-fixtures.ts';

type VariableRow = readonly [
  name: string,
  variable: string,
  data: Uint8Array,
  title: string,
  fields?: Readonly<Record<string, unknown>>,
];

const VARIABLE_ROWS: readonly VariableRow[] = [
  ['a flag', 'SecureBoot', bytesOf(1), 'SecureBoot = 01'],
  ['no data', 'PK', zeros(0), 'PK = (empty)'],
  ['boot order', 'BootOrder', bytesOf(1, 0, 0xf, 0), 'BootOrder = 0001, 000F', { order: [1, 15] }],
  [
    'boot option',
    'Boot0001',
    loadOption('ubuntu', concat(DISK_PATH, file('x'), END), bytesOf(1)),
    'Boot0001 "ubuntu" \\EFI\\BOOT\\BOOTX64.EFI',
  ],
  [
    'certificates',
    'KEK',
    concat(certificates(CERTIFICATE), certificates(CERTIFICATE)),
    'KEK: 2 X.509 certificates',
  ],
  [
    'hashes',
    'dbx',
    concat(certificates(CERTIFICATE), hashes(3)),
    'dbx: 1 X.509 certificate, 3 SHA-256 hashes',
  ],
  ['list with a header', 'db', signatureList(GUID, bytesOf(1, 2), zeros(4)), `db: 1 ${GUID}`],
  ['text', 'SbatLevel', text('sbat,1,2021030218\n'), 'SbatLevel = sbat,1,2021030218'],
  ['bytes', 'Setup', zeros(40), 'Setup = 0000000000000000…00000000 (40 bytes)'],
];

const VARIABLES: readonly Fixture[] = VARIABLE_ROWS.map(([name, variableName, data, title, fields]) => ({
  name: `variable: ${name}`,
  type: 'EV_EFI_VARIABLE_DRIVER_CONFIG',
  data: variable(variableName, data),
  kind: 'uefi-variable',
  title,
  fields: { variableName: GUID, unicodeName: variableName, ...fields },
}));

/** An entry of a signature list: owner and data. */
const owned = (data: Uint8Array): Uint8Array => certificates(data).subarray(28);

const AUTHORITY_ROWS: readonly VariableRow[] = [
  ['certificate with its owner', 'db', owned(CERTIFICATE), 'db: X.509 certificate, 260 bytes'],
  ['bare certificate', 'Shim', CERTIFICATE, 'Shim: X.509 certificate, 260 bytes'],
  ['hash with its owner', 'db', owned(zeros(32).fill(0xfe)), 'db: SHA-256 hash'],
  ['flag', 'MokListTrusted', bytesOf(1), 'MokListTrusted = 01'],
];

const AUTHORITIES: readonly Fixture[] = AUTHORITY_ROWS.map(([name, variableName, data, title]) => ({
  name: `authority: ${name}`,
  type: 'EV_EFI_VARIABLE_AUTHORITY',
  data: variable(variableName, data),
  kind: 'uefi-variable-authority',
  title,
}));

const IMAGE_ROWS: readonly (readonly [name: string, path: Uint8Array, title: string])[] = [
  ['file on a disk', DISK_PATH, '\\EFI\\BOOT\\BOOTX64.EFI'],
  [
    'option ROM',
    concat(typedNode(4, 8, { reserved: 0, startingAddress: 1n, endingAddress: 2n }), END),
    'Offset(0x1,0x2)',
  ],
  ['no path', zeros(0), 'image of 4096 bytes at 0x7d000000, no path'],
  ['node of an unknown kind', concat(node(9, 9, bytesOf(0xab)), END), 'Path(9,9,ab)'],
];

const IMAGES: readonly Fixture[] = IMAGE_ROWS.map(([name, path, title]) => ({
  name: `image: ${name}`,
  type: 'EV_EFI_BOOT_SERVICES_APPLICATION',
  data: imageLoad(path),
  kind: 'image-load',
  title,
}));

const IPL_ROWS: readonly (readonly [data: string, form: string, argument?: string])[] = [
  ['grub_cmd: linux /vmlinuz ro\0', 'grub-command', 'linux /vmlinuz ro'],
  ['grub_cmd set pager=1\0\0', 'grub-command', 'set pager=1'],
  ['kernel_cmdline: /vmlinuz root=/dev/vda1\0', 'kernel-command-line', '/vmlinuz root=/dev/vda1'],
  ['grub_kernel_cmdline /vmlinuz ro\0x', 'kernel-command-line', '/vmlinuz ro'],
  ['module_cmdline: /initrd\0', 'module-command-line', '/initrd'],
  ['grub_linuxefi Kernel\0', 'grub-file', 'Kernel'],
  ['MokListX\0', 'variable'],
  ['(hd0,gpt2)/vmlinuz\0', 'file'],
  ['something else', 'text'],
];

const IPL: readonly Fixture[] = IPL_ROWS.map(([data, form, argument]) => ({
  name: `boot loader: ${JSON.stringify(data)}`,
  type: 'EV_IPL',
  data: text(data),
  kind: 'ipl',
  title: data.replace(/\0.*/s, ''),
  fields: { form, ...(argument === undefined ? {} : { argument }) },
}));

export const FIXTURES: readonly Fixture[] = [
  ...VARIABLES,
  ...AUTHORITIES,
  ...IMAGES,
  ...IPL,
  {
    name: 'stub section',
    type: 'EV_IPL',
    data: wide('.linux'),
    kind: 'ipl',
    title: '.linux',
    fields: { form: 'section' },
  },
  {
    name: 'stub command line',
    type: 'EV_IPL',
    data: utf16Bytes('root=/dev/sda'),
    kind: 'ipl',
    title: 'root=/dev/sda',
    fields: { form: 'command-line', encoding: 'utf-16le' },
  },
  { name: 'boot loader: bytes', type: 'EV_IPL', data: bytesOf(1, 2, 3), kind: 'ipl', title: '010203' },
  {
    name: 'separator',
    type: 'EV_SEPARATOR',
    data: zeros(4),
    kind: 'separator',
    title: 'separator 00000000',
    fields: { value: 0, error: false },
  },
  {
    name: 'separator of ones',
    type: 'EV_SEPARATOR',
    data: zeros(4).fill(255),
    kind: 'separator',
    title: 'separator ffffffff',
    fields: { error: false },
  },
  {
    name: 'error separator',
    type: 'EV_SEPARATOR',
    data: bytesOf(1, 0, 0, 0),
    kind: 'separator',
    title: 'separator 01000000 with error',
    fields: { error: true },
  },
  {
    name: 'error separator with text',
    type: 'EV_SEPARATOR',
    data: text('no disk'),
    kind: 'separator',
    title: 'separator with error: no disk',
    fields: { error: true },
  },
  {
    name: 'action',
    type: 'EV_EFI_ACTION',
    data: text('Exit Boot Services Invocation'),
    kind: 'text',
    title: 'Exit Boot Services Invocation',
  },
  { name: 'H-CRTM event', type: 'EV_EFI_HCRTM_EVENT', data: text('HCRTM'), kind: 'text', title: 'HCRTM' },
  {
    name: 'GPT',
    type: 'EV_EFI_GPT_EVENT',
    data: gpt('EFI PART', 'root', 'esp'),
    kind: 'gpt',
    title: `GPT disk ${OWNER}, 2 partitions`,
  },
  {
    name: 'GPT, second version',
    type: 'EV_EFI_GPT_EVENT2',
    data: gpt('EFI PART', 'root'),
    kind: 'gpt',
    title: `GPT disk ${OWNER}, 1 partition`,
  },
  {
    name: 'blob',
    type: 'EV_EFI_PLATFORM_FIRMWARE_BLOB',
    data: encode(UEFI_PLATFORM_FIRMWARE_BLOB, { blobBase: 0xff00_0000n, blobLength: 5n }),
    kind: 'firmware-blob',
    title: '5 bytes at 0xff000000',
    fields: { blobLength: 5n },
  },
  {
    name: 'blob, second version',
    type: 'EV_EFI_PLATFORM_FIRMWARE_BLOB2',
    data: encode(UEFI_PLATFORM_FIRMWARE_BLOB2, {
      blobDescriptionSize: 3,
      blobDescription: 'Fv\0',
      blobBase: 1n,
      blobLength: 2n,
    }),
    kind: 'firmware-blob',
    title: 'Fv, 2 bytes at 0x1',
    fields: { blobDescription: 'Fv' },
  },
  {
    name: 'POST code as text',
    type: 'EV_POST_CODE',
    data: text('ACPI DATA'),
    kind: 'text',
    title: 'ACPI DATA',
  },
  {
    name: 'POST code as text of 16 characters',
    type: 'EV_POST_CODE',
    data: text('POST CODE 0x1234'),
    kind: 'text',
    title: 'POST CODE 0x1234',
  },
  { name: 'POST code as bytes', type: 'EV_POST_CODE', data: bytesOf(1, 2), kind: 'opaque', title: '0102' },
  {
    name: 'second POST code as text',
    type: 'EV_POST_CODE2',
    data: text('ACPI DATA'),
    kind: 'text',
    title: 'ACPI DATA',
  },
  {
    name: 'S-CRTM version as text',
    type: 'EV_S_CRTM_VERSION',
    data: wide('Firmware v2'),
    kind: 'version',
    title: 'Firmware v2',
  },
  {
    name: 'S-CRTM version as GUID',
    type: 'EV_S_CRTM_VERSION',
    data: owned(zeros(0)),
    kind: 'version',
    title: OWNER,
    fields: { guid: OWNER },
  },
  {
    name: 'S-CRTM version as bytes',
    type: 'EV_S_CRTM_VERSION',
    data: zeros(2),
    kind: 'version',
    title: '0000',
  },
  {
    name: 'GCE host',
    type: 'EV_NONHOST_INFO',
    data: encode(GCE_NON_HOST_INFO, {
      signature: signature('GCE NonHostInfo'),
      technology: 3,
      reserved: zeros(15),
    }),
    kind: 'gce-non-host-info',
    title: 'GCE, confidential computing: Intel TDX',
    fields: { technologyName: 'Intel TDX' },
  },
  { name: 'other host', type: 'EV_NONHOST_INFO', data: text('host'), kind: 'text', title: 'host' },
  {
    name: 'td-shim',
    type: 'EV_PLATFORM_CONFIG_FLAGS',
    data: encode(TD_SHIM_CONFIG, {
      descriptor: signature('td_payload_info'),
      infoLength: 9,
      info: nul('root=/ro'),
    }),
    kind: 'config-flags',
    title: 'td_payload_info root=/ro',
    fields: { descriptor: 'td_payload_info', text: 'root=/ro' },
  },
  {
    name: 'td-shim HOB',
    type: 'EV_PLATFORM_CONFIG_FLAGS',
    data: encode(TD_SHIM_CONFIG, { descriptor: signature('td_hob'), infoLength: 2, info: bytesOf(1, 2) }),
    kind: 'config-flags',
    title: 'td_hob 0102',
  },
  {
    name: 'OVMF configuration',
    type: 'EV_PLATFORM_CONFIG_FLAGS',
    data: text('ACPI DATA'),
    kind: 'config-flags',
    title: 'ACPI DATA',
  },
  {
    name: 'hand-off tables',
    type: 'EV_EFI_HANDOFF_TABLES',
    data: encode(UEFI_HANDOFF_TABLE_POINTERS, { numberOfTables: 1n, tableEntry: tables }),
    kind: 'handoff-tables',
    title: 'SMBIOS at 0xf0000',
  },
  {
    name: 'hand-off tables, second version',
    type: 'EV_EFI_HANDOFF_TABLES2',
    data: encode(UEFI_HANDOFF_TABLE_POINTERS2, {
      tableDescriptionSize: 9,
      tableDescription: 'TdxTable\0',
      numberOfTables: 1n,
      tableEntry: tables,
    }),
    kind: 'handoff-tables',
    title: 'TdxTable: 1 table',
    fields: { tableDescription: 'TdxTable' },
  },
  {
    name: 'AAEL',
    type: 'EV_EVENT_TAG',
    data: tagged(0x4141454c, text('coco.com PullImage {"a": 1}')),
    kind: 'event-tag',
    title: 'AAEL coco.com PullImage {"a": 1}',
    fields: { tagName: 'AAEL', domain: 'coco.com', operation: 'PullImage', content: '{"a": 1}' },
  },
  {
    name: 'AAEL of one word',
    type: 'EV_EVENT_TAG',
    data: tagged(0x4141454c, text('word')),
    kind: 'event-tag',
    title: 'AAEL word',
    fields: { domain: 'word', operation: '', content: '' },
  },
  {
    name: 'Linux initrd',
    type: 'EV_EVENT_TAG',
    data: tagged(0x8f3b22ec, nul('Linux initrd')),
    kind: 'event-tag',
    title: 'Linux initrd',
    fields: { text: 'Linux initrd' },
  },
  {
    name: 'unknown tag',
    type: 'EV_EVENT_TAG',
    data: tagged(0x1234, bytesOf(1, 2)),
    kind: 'event-tag',
    title: '0x1234 0102',
  },
  {
    name: 'description without a tag',
    type: 'EV_EVENT_TAG',
    data: nul('LOADED_IMAGE::LoadOptions'),
    kind: 'event-tag',
    title: 'LOADED_IMAGE::LoadOptions',
  },
  ...FIRMWARE_FIXTURES,
  { name: 'microcode', type: 'EV_CPU_MICROCODE', data: text('patch 7'), kind: 'text', title: 'patch 7' },
  {
    name: 'unused',
    type: 'EV_UNUSED',
    data: zeros(20),
    kind: 'opaque',
    title: '0000000000000000…00000000 (20 bytes)',
  },
];
