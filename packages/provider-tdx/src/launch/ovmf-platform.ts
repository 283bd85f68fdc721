/** RTMR0 of OVMF up to the ACPI tables: hand-off, variables, fw_cfg. Spec: edk2 OvmfPkg, SecTdxHelper.c, QemuFwCfgCacheInit.c, TdTcg2Dxe.c. */
import { utf8Bytes } from '@tsm/core';
import { TDVF_SECTION } from '../layout/tdvf.ts';
import { separator, type Boot } from './boot.ts';
import {
  blobEvent,
  EVENT,
  fwCfgEvent,
  GLOBAL_VARIABLE,
  IMAGE_SECURITY,
  tdHobEvent,
  variableData,
} from './event-data.ts';
import { measureAcpi } from './ovmf-acpi.ts';
import { tdHob } from './td-hob.ts';

const RTMR0 = ['rtmr0'] as const;
const LINUX_BOOT_ROM = '/rom@genroms/linuxboot_dma.bin';
const SECURE_BOOT = { absent: [], off: [0], on: [1] } as const;

const sectionOf = ({ sections }: Boot, type: number) => sections.find((one) => one.type === type);

function littleEndian(value: bigint | undefined, size: 2 | 8): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes.slice(0, size);
}

/** The list that the host gives, or what QEMU would give. */
function handOff(boot: Boot): void {
  const { inputs, log, sections } = boot;
  const event = { register: 'rtmr0', type: EVENT.HANDOFF_TABLES2, words: 'TD HOB' } as const;
  const given = inputs.file('td-hob');
  const address = sectionOf(boot, TDVF_SECTION.TD_HOB)?.address ?? 0n;
  if (given) {
    log.measure({ ...event, data: tdHobEvent(address), measured: given });
    return;
  }
  const memory = inputs.number('memory', 40, 1n);
  if (memory === undefined || sections.length === 0) {
    const input = memory === undefined ? 'memory' : 'firmware';
    const reason = `the TD HOB follows from memory and firmware, and ${input} is not known`;
    log.leaveOut(RTMR0, { input, reason, remedy: `give ${input}, or td-hob` });
    return;
  }
  const made = tdHob(memory, sections);
  if ('issue' in made) {
    log.issues.push(made.issue);
    log.leaveOut(RTMR0, { input: 'memory', reason: 'there is no TD HOB', remedy: 'give td-hob' });
    return;
  }
  log.measure({ ...event, data: tdHobEvent(address), measured: made.hob });
}

/** The variable store as the host loads it, used or not. */
function variableStore(boot: Boot): void {
  const { inputs, log } = boot;
  const section = sectionOf(boot, TDVF_SECTION.CFV);
  const file = inputs.file('variables');
  const [digest] = inputs.hashes('variables-digest');
  if (file && section && file.length !== section.data.length) {
    inputs.refuse(
      'variables',
      `${String(file.length)} bytes`,
      `${String(section.data.length)}, the size of the firmware's CFV section`,
    );
  }
  const store = file ?? section?.data;
  const measured = digest ? { digest } : store;
  const fits = !file || !section || file.length === section.data.length;
  if (!measured || !fits) {
    const reason = 'the variable store is not known';
    const remedy = 'give variables, variables-digest or a firmware with its variables';
    log.leaveOut(RTMR0, { input: 'variables', reason, remedy });
    return;
  }
  const base = section?.address ?? 0n;
  const length = section?.data.length ?? file?.length ?? 0;
  const data = blobEvent(base, BigInt(length));
  const words = 'variable store (CFV)';
  log.measure({ register: 'rtmr0', type: EVENT.PLATFORM_FIRMWARE_BLOB2, words, data, measured });
}

/** Items in the order in which the firmware caches them; those that are not there are not measured. */
function fwCfgItems({ inputs, kind }: Boot): (readonly [string, Uint8Array | undefined])[] {
  const paths = inputs.has('bootorder')
    ? inputs.texts('bootorder')
    : kind === 'direct'
      ? [LINUX_BOOT_ROM]
      : [];
  const mmio64 = inputs.text('pci-mmio64');
  return [
    ['etc/extra-pci-roots', littleEndian(inputs.number('extra-pci-roots'), 8)],
    ['BootMenu', littleEndian(inputs.has('boot-menu') ? inputs.number('boot-menu', 16) : 0n, 2)],
    ['etc/boot-menu-wait', littleEndian(inputs.number('boot-menu-wait', 16), 2)],
    ['etc/reserved-memory-end', littleEndian(inputs.number('reserved-memory-end'), 8)],
    ['opt/ovmf/X-PciMmio64Mb', mmio64 === undefined ? undefined : utf8Bytes(mmio64)],
    ['bootorder', paths.length === 0 ? undefined : utf8Bytes(`${paths.join('\n')}\0`)],
  ];
}

function fwCfg(boot: Boot): void {
  if (!boot.firmware.measuresFwCfg) return;
  for (const [name, measured] of fwCfgItems(boot)) {
    if (!measured || measured.length === 0) continue;
    const event = { register: 'rtmr0', type: EVENT.PLATFORM_CONFIG_FLAGS, words: `fw_cfg ${name}` } as const;
    boot.log.measure({ ...event, data: fwCfgEvent(name), measured });
  }
}

/** Variables of Secure Boot in the order of the firmware. `dbt` is measured only if it exists. */
function secureBoot({ inputs, log }: Boot): void {
  const nothing = new Uint8Array(0);
  const state = inputs.choice('secure-boot') ?? (inputs.has('pk') ? 'on' : 'absent');
  const dbt = inputs.file('dbt');
  const variables: readonly (readonly [string, string, Uint8Array])[] = [
    ['SecureBoot', GLOBAL_VARIABLE, Uint8Array.from(SECURE_BOOT[state])],
    ['PK', GLOBAL_VARIABLE, inputs.file('pk') ?? nothing],
    ['KEK', GLOBAL_VARIABLE, inputs.file('kek') ?? nothing],
    ['db', IMAGE_SECURITY, inputs.file('db') ?? nothing],
    ['dbx', IMAGE_SECURITY, inputs.file('dbx') ?? nothing],
    ...(dbt ? [['dbt', IMAGE_SECURITY, dbt] as const] : []),
  ];
  for (const [name, vendor, content] of variables) {
    const words = `variable ${name}${content.length === 0 ? ', absent' : ''}`;
    const data = variableData(vendor, name, content);
    log.measure({ register: 'rtmr0', type: EVENT.VARIABLE_DRIVER_CONFIG, words, data });
  }
}

/** RTMR0 from the reset to the ACPI tables. */
export function predictPlatform(boot: Boot): void {
  handOff(boot);
  variableStore(boot);
  fwCfg(boot);
  secureBoot(boot);
  separator(boot, 'rtmr0');
  measureAcpi(boot);
}
