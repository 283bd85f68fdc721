/** A boot like OVMF, shim, GRUB and Linux make one: what is measured, in which register, in which order. */
import { utf8Bytes } from '@tsm/core';
import type { BootEvent } from './boot.ts';
import {
  diskPath,
  firmwareBlob,
  handoffTable,
  imageLoad,
  loadOption,
  partitionTable,
  signature,
  signatureList,
  taggedEvent,
  variable,
} from './uefi.ts';

const GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const IMAGE_SECURITY = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
const SHIM_LOCK = '605dab50-e046-4300-abb6-3dd810dd8b23';
const OWNER = '77fa9abd-0359-4d32-bd60-28f4e78f784b';
const DISK = '1f2e3d4c-5b6a-4789-9a8b-7c6d5e4f3a2b';
const ESP = '453603e1-1e48-4ea4-8c5f-31c52b72fa9f';
const ROOT = '2b7e1516-28ae-4d2a-abf7-158809cf4f3c';

const TYPE = {
  separator: 0x4,
  eventTag: 0x6,
  platformConfigFlags: 0xa,
  ipl: 0xd,
  variableDriverConfig: 0x80000001,
  variableBoot: 0x80000002,
  bootServicesApplication: 0x80000003,
  gpt: 0x80000006,
  action: 0x80000007,
  firmwareBlob2: 0x8000000a,
  handoffTables2: 0x8000000b,
  variableAuthority: 0x800000e0,
} as const;

/** CC measurement registers of this boot. */
const RTMR0 = 1;
const RTMR1 = 2;
const RTMR2 = 3;

const INITRD_TAG = 0x8f3b22ec;
const LOAD_OPTIONS_TAG = 0x8f3b22ed;
const COMMAND_LINE = '/vmlinuz-6.16.0 root=UUID=2b7e1516-28ae-4d2a-abf7-158809cf4f3c ro console=ttyS0';

/** Stands for content that is measured and not logged. */
function blob(name: string): Uint8Array {
  return utf8Bytes(`TSM sample boot: ${name}`);
}

function firmware(): BootEvent[] {
  const certificate = blob('platform certificate');
  const secureBoot: [string, string, Uint8Array][] = [
    [GLOBAL, 'SecureBoot', Uint8Array.of(1)],
    [GLOBAL, 'PK', signatureList(OWNER, certificate)],
    [GLOBAL, 'KEK', signatureList(OWNER, certificate)],
    [IMAGE_SECURITY, 'db', signatureList(OWNER, certificate)],
    [IMAGE_SECURITY, 'dbx', new Uint8Array(0)],
  ];
  const acpi = ['etc/table-loader', 'etc/acpi/rsdp', 'etc/acpi/tables'];
  return [
    { ccMr: RTMR0, type: TYPE.handoffTables2, data: handoffTable(0x80_9000n), measured: blob('TD HOB') },
    {
      ...{ ccMr: RTMR0, type: TYPE.firmwareBlob2, measured: blob('configuration firmware volume') },
      data: firmwareBlob('Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)', 0xffc0_0000n, 0x4_0000n),
    },
    ...secureBoot.map(([vendor, name, data]) => ({
      ccMr: RTMR0,
      type: TYPE.variableDriverConfig,
      data: variable(vendor, name, data),
    })),
    { ccMr: RTMR0, type: TYPE.separator, data: new Uint8Array(4) },
    ...acpi.map((name) => ({
      ccMr: RTMR0,
      type: TYPE.platformConfigFlags,
      data: utf8Bytes(`${name}\0`),
      measured: blob(name),
    })),
    ...bootVariables(),
  ];
}

/** EDK II measures only the data of these. */
function bootVariables(): BootEvent[] {
  const variables: [string, Uint8Array][] = [
    ['BootOrder', Uint8Array.of(1, 0, 0, 0)],
    ['Boot0001', loadOption('Linux', diskPath(ESP, '\\EFI\\BOOT\\BOOTX64.EFI'))],
    ['Boot0000', loadOption('UiApp', diskPath(ESP, '\\EFI\\Tools\\UiApp.efi'))],
  ];
  return variables.map(([name, data]) => ({
    ccMr: RTMR0,
    type: TYPE.variableBoot,
    data: variable(GLOBAL, name, data),
    measured: data,
  }));
}

function action(text: string): BootEvent {
  return { ccMr: RTMR1, type: TYPE.action, data: utf8Bytes(text) };
}

function image(file: string, size: number): BootEvent {
  const data = imageLoad(diskPath(ESP, file), size);
  return { ccMr: RTMR1, type: TYPE.bootServicesApplication, data, measured: blob(`PE image ${file}`) };
}

function bootLoader(): BootEvent[] {
  const certificate = signature(OWNER, blob('platform certificate'));
  return [
    action('Calling EFI Application from Boot Option'),
    { ccMr: RTMR1, type: TYPE.separator, data: new Uint8Array(4) },
    { ccMr: RTMR1, type: TYPE.gpt, data: partitionTable(DISK, ESP, ROOT) },
    image('\\EFI\\BOOT\\BOOTX64.EFI', 0xe_9000),
    image('\\EFI\\BOOT\\grubx64.efi', 0x27_1000),
    image('\\vmlinuz-6.16.0', 0xe2_4000),
    action('Exit Boot Services Invocation'),
    action('Exit Boot Services Returned with Success'),
    { ccMr: RTMR0, type: TYPE.variableAuthority, data: variable(IMAGE_SECURITY, 'db', certificate) },
    {
      ccMr: RTMR0,
      type: TYPE.variableAuthority,
      data: variable(SHIM_LOCK, 'SbatLevel', utf8Bytes('sbat,1,2024010900\n')),
    },
  ];
}

/** GRUB hashes the text after its prefix, without the NUL that the log keeps. */
function grub(prefix: string, text: string): BootEvent {
  return { ccMr: RTMR2, type: TYPE.ipl, data: utf8Bytes(`${prefix}: ${text}\0`), measured: utf8Bytes(text) };
}

function operatingSystem(): BootEvent[] {
  const commands = [
    'search.fs_uuid 2b7e1516-28ae-4d2a-abf7-158809cf4f3c root',
    'set prefix=($root)/boot/grub',
    'configfile ($root)/boot/grub/grub.cfg',
    'set default=0',
    'menuentry Linux',
    'linux /vmlinuz-6.16.0 root=UUID=2b7e1516-28ae-4d2a-abf7-158809cf4f3c ro console=ttyS0',
    'initrd /initrd-6.16.0.img',
  ];
  return [
    ...commands.map((text) => grub('grub_cmd', text)),
    { ccMr: RTMR2, type: TYPE.ipl, data: utf8Bytes('/vmlinuz-6.16.0\0'), measured: blob('kernel') },
    grub('kernel_cmdline', COMMAND_LINE),
    { ccMr: RTMR2, type: TYPE.ipl, data: utf8Bytes('/initrd-6.16.0.img\0'), measured: blob('initrd') },
    {
      ccMr: RTMR2,
      type: TYPE.eventTag,
      data: taggedEvent(LOAD_OPTIONS_TAG, 'LOADED_IMAGE::LoadOptions'),
      measured: blob('load options'),
    },
    {
      ccMr: RTMR2,
      type: TYPE.eventTag,
      data: taggedEvent(INITRD_TAG, 'Linux initrd'),
      measured: blob('initrd'),
    },
  ];
}

/** The events of the sample boot, in order: firmware and its variables, boot loader, operating system. */
export function sampleBoot(): BootEvent[] {
  return [...firmware(), ...bootLoader(), ...operatingSystem()];
}
