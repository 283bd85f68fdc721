/** What the launch calculator takes, as a table, and the reading of it. */
import type { Issue, LaunchInput, LaunchInputs, LaunchValue } from '@tsm/core';
import { TDX_LAUNCH_ISSUES } from './issues.ts';
import { DEFAULT_FIRMWARE, DEFAULT_QEMU } from './release.ts';

// prettier-ignore
export const INPUTS = [
  { name: 'firmware', title: 'Firmware image (TDVF: OVMF or td-shim, with its variables)', kind: 'file' },
  { name: 'firmware-type', title: 'What the image is', kind: 'choice', choices: ['ovmf', 'td-shim', 'plain'], default: 'as its metadata say; plain is never assumed' },
  { name: 'firmware-version', title: 'edk2 release that OVMF was built from, such as edk2-stable202411', kind: 'text', default: DEFAULT_FIRMWARE },
  { name: 'qemu-version', title: 'QEMU release, such as 9.2', kind: 'text', default: DEFAULT_QEMU },
  { name: 'order', title: 'Order in which the host adds and measures the pages of a section', kind: 'choice', choices: ['single-pass', 'two-pass'], default: 'as the QEMU release does' },
  { name: 'memory', title: 'Memory of the TD in MiB', kind: 'number' },
  { name: 'td-hob', title: 'Hand-off blocks as the host passes them', kind: 'file', default: 'made from memory and firmware, as QEMU does (OVMF)' },
  { name: 'td-shim-feature', title: 'Feature that td-shim was built with', kind: 'choice', choices: ['no-td-hob'], repeatable: true, default: 'none' },
  { name: 'variables', title: 'Variable store as the host loads it (OVMF_VARS.fd)', kind: 'file', default: 'the one in the firmware' },
  { name: 'variables-digest', title: 'SHA-384 of the variable store, in place of the file', kind: 'hex' },
  { name: 'secure-boot', title: 'Variable SecureBoot', kind: 'choice', choices: ['absent', 'off', 'on'], default: 'on with a pk, else absent' },
  { name: 'pk', title: 'Content of the variable PK', kind: 'file', default: 'absent' },
  { name: 'kek', title: 'Content of the variable KEK', kind: 'file', default: 'absent' },
  { name: 'db', title: 'Content of the variable db', kind: 'file', default: 'absent' },
  { name: 'dbx', title: 'Content of the variable dbx', kind: 'file', default: 'absent' },
  { name: 'dbt', title: 'Content of the variable dbt', kind: 'file', default: 'absent, and then not measured' },
  { name: 'extra-pci-roots', title: 'fw_cfg etc/extra-pci-roots', kind: 'number', default: 'not there' },
  { name: 'boot-menu', title: 'fw_cfg BootMenu', kind: 'number', default: '0' },
  { name: 'boot-menu-wait', title: 'fw_cfg etc/boot-menu-wait in milliseconds', kind: 'number', default: 'not there' },
  { name: 'reserved-memory-end', title: 'fw_cfg etc/reserved-memory-end', kind: 'number', default: 'not there' },
  { name: 'pci-mmio64', title: 'fw_cfg opt/ovmf/X-PciMmio64Mb', kind: 'text', default: 'not there' },
  { name: 'bootorder', title: 'Device path in the fw_cfg file bootorder', kind: 'text', repeatable: true, default: 'direct boot: /rom@genroms/linuxboot_dma.bin; disk boot: not there' },
  { name: 'acpi-tables', title: 'fw_cfg etc/acpi/tables', kind: 'file' },
  { name: 'acpi-rsdp', title: 'fw_cfg etc/acpi/rsdp', kind: 'file', default: 'made from acpi-tables' },
  { name: 'acpi-loader', title: 'fw_cfg etc/table-loader', kind: 'file', default: 'made from acpi-tables' },
  { name: 'acpi-digest', title: 'SHA-384 of the loader, then of each blob it allocates, in place of the files', kind: 'hex', repeatable: true },
  { name: 'authority', title: 'UEFI_VARIABLE_DATA of what vouched for an image', kind: 'file', repeatable: true, default: 'none' },
  { name: 'authority-digest', title: 'SHA-384 of one, in place of the file', kind: 'hex', repeatable: true, default: 'none' },
  { name: 'boot-order', title: 'Variable BootOrder, as bytes', kind: 'hex', default: '0000, 0001 … for the boot options' },
  { name: 'boot-option', title: 'Content of a variable Boot####, in the order of BootOrder', kind: 'file', repeatable: true, default: 'direct boot: those of the OVMF release' },
  { name: 'boot', title: 'Direct boot of a kernel (-kernel), or boot from a disk', kind: 'choice', choices: ['direct', 'disk'], default: 'direct with a kernel, disk with a disk or boot-image' },
  { name: 'kernel', title: 'Kernel image (bzImage or unified kernel image)', kind: 'file' },
  { name: 'kernel-form', title: 'Setup header as in the file, or as QEMU fills it in', kind: 'choice', choices: ['as-is', 'patched'], default: 'as the releases of QEMU and OVMF do' },
  { name: 'cmdline', title: 'Kernel command line', kind: 'text', default: 'empty' },
  { name: 'initrd', title: 'Initial RAM disk', kind: 'file', default: 'none' },
  { name: 'efi-stub', title: 'Does the EFI stub of the kernel measure', kind: 'choice', choices: ['measures', 'silent'], default: 'measures (Linux 6.10 and later)' },
  { name: 'disk', title: 'Disk image, or its start with the partition table', kind: 'file' },
  { name: 'boot-image', title: 'EFI image that a disk boot loads, in this order (shim, GRUB, kernel)', kind: 'file', repeatable: true },
  { name: 'mok-list', title: 'Content of MokList that shim measures', kind: 'file' },
  { name: 'mok-list-x', title: 'Content of MokListX that shim measures', kind: 'file' },
  { name: 'mok-list-trusted', title: 'Content of MokListTrusted that shim measures', kind: 'file' },
] as const satisfies readonly LaunchInput[];

type Input = (typeof INPUTS)[number];
export type InputName = Input['name'];
type NameOf<Kind extends LaunchInput['kind']> = Extract<Input, { kind: Kind }>['name'];
type ChoiceOf<Name extends InputName> = Extract<Input, { name: Name; kind: 'choice' }>['choices'][number];

const DIGEST_SIZE = 48;
const TABLE: ReadonlyMap<string, LaunchInput> = /* @__PURE__ */ new Map(
  INPUTS.map((input) => [input.name, input]),
);

function misfit({ name, kind, choices, repeatable }: LaunchInput, value: unknown): string | undefined {
  if (Array.isArray(value)) return repeatable ? undefined : `${name}: expected one value, got a list`;
  const number = typeof value === 'number' || typeof value === 'bigint';
  const fits =
    kind === 'file' || kind === 'hex'
      ? value instanceof Uint8Array
      : kind === 'number'
        ? number
        : typeof value === 'string' && (choices?.includes(value) ?? true);
  const wanted = kind === 'choice' ? (choices ?? []).join(' or ') : kind === 'hex' ? 'bytes' : kind;
  return fits
    ? undefined
    : `${name}: expected ${wanted}, got ${typeof value === 'string' ? value : typeof value}`;
}

/** Inputs of the right kinds: unknown names and wrong kinds are a TypeError. What is in them is checked where it is used. */
export class Inputs {
  readonly issues: Issue[] = [];
  private readonly values: ReadonlyMap<string, readonly LaunchValue[]>;

  constructor(inputs: LaunchInputs) {
    const values = new Map<string, readonly LaunchValue[]>();
    for (const [name, value] of Object.entries(inputs)) {
      const input = TABLE.get(name);
      if (!input)
        throw new TypeError(`${name}: no such input; expected one of ${[...TABLE.keys()].join(', ')}`);
      if (value === undefined) continue;
      const list = Array.isArray(value) ? (value as readonly LaunchValue[]) : [value as LaunchValue];
      const wrong = [value, ...list].map((one) => misfit(input, one)).find((text) => text !== undefined);
      if (wrong !== undefined) throw new TypeError(wrong);
      values.set(name, list);
    }
    this.values = values;
  }

  has(...names: readonly InputName[]): boolean {
    return names.some((name) => (this.values.get(name) ?? []).length > 0);
  }

  private all(name: InputName): readonly LaunchValue[] {
    return this.values.get(name) ?? [];
  }

  file(name: NameOf<'file'>): Uint8Array | undefined {
    return this.files(name)[0];
  }

  files(name: NameOf<'file'>): readonly Uint8Array[] {
    return this.all(name) as readonly Uint8Array[];
  }

  text(name: NameOf<'text'>): string | undefined {
    return this.texts(name)[0];
  }

  texts(name: NameOf<'text'>): readonly string[] {
    return this.all(name) as readonly string[];
  }

  choice<Name extends NameOf<'choice'>>(name: Name): ChoiceOf<Name> | undefined {
    return this.all(name)[0] as ChoiceOf<Name> | undefined;
  }

  hex(name: NameOf<'hex'>): Uint8Array | undefined {
    return this.all(name)[0] as Uint8Array | undefined;
  }

  /** Digests of SHA-384; one of another size is an issue, and then there are none. */
  hashes(name: NameOf<'hex'>): readonly Uint8Array[] {
    const all = this.all(name) as readonly Uint8Array[];
    const wrong = all.find(({ length }) => length !== DIGEST_SIZE);
    if (wrong) this.refuse(name, `${String(wrong.length)} bytes`, '48 bytes of SHA-384');
    return wrong ? [] : all;
  }

  /** A whole number from `least` to below 2 to the power of `bits`; another one is an issue. */
  number(name: NameOf<'number'>, bits = 64, least = 0n): bigint | undefined {
    const [value] = this.all(name);
    if (value === undefined) return undefined;
    const whole = typeof value === 'bigint' || Number.isInteger(value);
    const number = whole ? BigInt(value as bigint | number) : -1n;
    if (number >= least && number < 1n << BigInt(bits)) return number;
    this.refuse(name, String(value), `a whole number from ${String(least)} to 2^${String(bits)} - 1`);
    return undefined;
  }

  /** Says, once, that a value is not what it must be. */
  refuse(name: InputName, found: string, expected: string): void {
    if (this.issues.some(({ path }) => path === name)) return;
    const place = { path: name, offset: 0, length: 0 };
    this.issues.push(TDX_LAUNCH_ISSUES.make('tdx-launch.value', place, { found, expected }));
  }
}
