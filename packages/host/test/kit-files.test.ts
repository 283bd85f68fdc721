/** System calls for the conformance kit on plain files: positions, refusals by name, and what is left behind. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotShown } from '@tsm/abi/kit';
import { utf8Bytes, utf8Text } from '@tsm/core';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { DiskFiles } from '../src/kit/disk-files.ts';
import { describeWhere, noPerl } from './support/mounting.ts';

const root = mkdtempSync(join(tmpdir(), 'tsm-files-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('files below a root', () => {
  const files = new DiskFiles(root);

  it('have one position for reads and writes, and keep it where an offset is given', async () => {
    writeFileSync(join(root, 'text'), '0123456789');
    const file = await files.open('/text', 'both');
    const next = async (size: number, at?: number): Promise<string> => utf8Text(await file.read(size, at));
    expect([await next(2), await next(3, 7), await next(2)]).toEqual(['01', '789', '23']);
    expect(await file.write(utf8Bytes('ab'))).toBe(2);
    expect(await file.write(new Uint8Array(0))).toBe(0);
    expect(await next(20)).toBe('6789');
    await file.close();
  });

  describeWhere(noPerl, 'seeking in plain files', 1, () => {
    it('is done, and devices alone answer an ioctl', { timeout: 30_000 }, async () => {
      const file = await files.open('/text', 'read');
      await file.seek(8);
      expect(utf8Text(await file.read(20))).toBe('89');
      await expect(file.ioctl(0xc4405401, new Uint8Array(1088))).rejects.toMatchObject({ code: 'ENOTTY' });
      await file.close();
    });
  });

  it('are not sought where there is no perl: the case is not shown', async () => {
    const file = await files.open('/text', 'read');
    vi.stubEnv('PATH', root);
    await expect(file.seek(0)).rejects.toThrow(NotShown);
    await expect(file.seek(0)).rejects.toThrow('needs lseek(2)');
    await file.close();
  });

  it('refuse under the names of the kernel, with the path', async () => {
    const code = (action: Promise<unknown>) => expect(action).rejects;
    await code(files.open('/none', 'read')).toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining('/none') as string,
    });
    await code(files.list('/text')).toMatchObject({ code: 'ENOTDIR' });
    await code(files.open('/', 'write')).toMatchObject({ code: 'EISDIR' });
    await code(files.unlink('/none')).toMatchObject({ code: 'ENOENT' });
    await code(files.rename('/none', '/other')).toMatchObject({ code: 'ENOENT' });
    await code(files.mkdir(`/${'n'.repeat(256)}`)).toMatchObject({ code: 'ENAMETOOLONG' });
  });

  it('say what they are', async () => {
    writeFileSync(join(root, 'mode'), 'x', { mode: 0o600 });
    expect(await files.stat('/mode')).toEqual({ kind: 'file', mode: 0o600, size: 1 });
    expect((await files.stat('/')).kind).toBe('directory');
  });
});

describe('cleaning up', () => {
  it('removes what was made and is still there, the inner first, and nothing else', async () => {
    const files = new DiskFiles(root);
    mkdirSync(join(root, 'theirs'));
    for (const path of ['/a', '/a/b', '/gone']) await files.mkdir(path);
    await files.rmdir('/gone');
    await files.open('/text', 'read');
    await files.cleanUp();
    expect(['a', 'gone', 'theirs'].map((name) => existsSync(join(root, name)))).toEqual([false, false, true]);
    await files.cleanUp();
  });

  it('tries all, and tells what could not be removed', async () => {
    const files = new DiskFiles(root);
    for (const path of ['/full', '/empty']) await files.mkdir(path);
    writeFileSync(join(root, 'full/file'), '');
    const error: unknown = await files.cleanUp().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toMatchObject([{ code: 'ENOTEMPTY' }]);
    expect(existsSync(join(root, 'empty'))).toBe(false);
  });
});
