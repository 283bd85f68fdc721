/** RTMR0 of OVMF: the ACPI blobs of QEMU. Spec: edk2 OvmfPkg/Library/AcpiPlatformLib/QemuFwCfgAcpi.c. */
import { utf8Bytes } from '@tsm/core';
import { decode, sizeOf, type Infer } from '@tsm/core/layout';
import { LINKER_COMMAND, LinkerEntry, type LinkerAllocate } from '../layout/acpi-loader.ts';
import { rebuildAcpi } from './acpi.ts';
import type { Boot } from './boot.ts';
import { EVENT } from './event-data.ts';

const LOADER = 'etc/table-loader';
const RSDP = 'etc/acpi/rsdp';
const TABLES = 'etc/acpi/tables';
const RTMR0 = ['rtmr0'] as const;

/** The loader, then the files that it allocates in its order; a script that allocates nothing stands for QEMU's order. */
function blobNames(loader: Uint8Array): readonly string[] {
  const names: string[] = [];
  const size = sizeOf(LinkerEntry);
  for (let offset = 0; offset + size <= loader.length; offset += size) {
    const entry = decode(LinkerEntry, loader, { offset }).value;
    if (entry?.command !== LINKER_COMMAND.ALLOCATE) continue;
    const { file } = entry.arguments as Infer<typeof LinkerAllocate>;
    names.push(file.replace(/\0.*$/s, ''));
  }
  return [LOADER, ...(names.length === 0 ? [RSDP, TABLES] : names)];
}

/** Digests, or what gives them, by the name of the blob in the order of the log; or nothing, and the log says why. */
function blobsOf({
  inputs,
  log,
}: Boot): (readonly [string, Uint8Array | { digest: Uint8Array }])[] | undefined {
  if (inputs.has('acpi-digest')) {
    const known = [LOADER, RSDP, TABLES];
    const digests = inputs.hashes('acpi-digest');
    if (digests.length > 0) return digests.map((digest, i) => [known[i] ?? 'blob', { digest }]);
  }
  const tables = inputs.file('acpi-tables');
  let loader = inputs.file('acpi-loader');
  let rsdp = inputs.file('acpi-rsdp');
  if (tables && (!loader || !rsdp)) {
    const made = rebuildAcpi(tables);
    log.issues.push(...made.issues);
    loader ??= made.loader;
    rsdp ??= made.rsdp;
  }
  if (!tables || !loader || !rsdp) {
    const reason = 'the ACPI tables follow from the whole configuration of QEMU';
    const remedy = 'give acpi-tables (with acpi-rsdp and acpi-loader), or acpi-digest';
    log.leaveOut(RTMR0, { input: 'acpi-tables', reason, remedy });
    return undefined;
  }
  const files: ReadonlyMap<string, Uint8Array> = new Map([
    [LOADER, loader],
    [RSDP, rsdp],
    [TABLES, tables],
  ]);
  const names = blobNames(loader);
  const unknown = names.find((name) => !files.has(name));
  if (unknown !== undefined) {
    const reason = `the loader also loads ${unknown}`;
    log.leaveOut(RTMR0, { input: 'acpi-loader', reason, remedy: 'give acpi-digest for each blob' });
    return undefined;
  }
  return names.map((name) => [name, files.get(name) ?? new Uint8Array(0)]);
}

/** Each blob as it comes from QEMU, before the firmware links the tables. */
export function measureAcpi(boot: Boot): void {
  for (const [name, measured] of blobsOf(boot) ?? []) {
    const data = utf8Bytes('ACPI DATA');
    const event = { register: 'rtmr0', type: EVENT.PLATFORM_CONFIG_FLAGS, words: `ACPI ${name}` } as const;
    boot.log.measure({ ...event, data, measured });
  }
}
