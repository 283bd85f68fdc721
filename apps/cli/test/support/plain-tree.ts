/** Plain files where a kernel has the registers of a TD: what can only be read. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const DEVICE = 'sys/devices/virtual/misc/tdx_guest/measurements';

/** The folder that stands for `/`; it goes when the file's tests are done. */
export function plainTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'tsm-tree-'));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  const put = (path: string, content: string | Uint8Array, mode: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  };
  for (const i of [0, 1, 2, 3]) put(`${DEVICE}/rtmr${i}:sha384`, new Uint8Array(48).fill(i), 0o644);
  put(`${DEVICE}/mrtd:sha384`, new Uint8Array(48).fill(9), 0o444);
  for (const name of ['mrconfigid', 'mrowner', 'mrownerconfig'])
    put(`${DEVICE}/${name}`, new Uint8Array(48), 0o444);
  put('sys/firmware/acpi/tables/data/CCEL', 'firmware', 0o400);
  put('sys/kernel/security/ima/ascii_runtime_measurements', 'measured', 0o440);
  mkdirSync(join(root, 'sys/class/misc'), { recursive: true });
  symlinkSync('../../devices/virtual/misc/tdx_guest', join(root, 'sys/class/misc/tdx_guest'));
  return root;
}
