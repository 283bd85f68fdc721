/** Registers behind `tsm/rtmrs` (posting of Jan 2024): a directory has to be made before a register can be seen. */
import { readFile, writeFile, type KitFiles } from '@tsm/abi/kit';
import { TsmError, utf8Text, type Provider } from '@tsm/core';
import { refusedWith } from './find.ts';
import type { LiveRegister } from './registers.ts';

/** The directory whose `index` it is: one that is there already, since a register can have one only. */
async function directoryOf(files: KitFiles, path: string, index: number): Promise<string | undefined> {
  for (const name of await files.list(path)) {
    const at = `${path}/${name}`;
    try {
      if (Number(utf8Text(await readFile(files, `${at}/index`))) === index) return at;
    } catch (error) {
      // One that somebody has made, and not configured yet.
      if (!refusedWith(error, 'ENXIO', 'ENOENT')) throw error;
    }
  }
  return undefined;
}

async function withDirectory<T>(
  files: KitFiles,
  [path, index, item]: readonly [path: string, index: number, item: string],
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const there = await directoryOf(files, path, index);
  if (there !== undefined) return use(there);
  const own = `${path}/rtmr${String(index)}-${item}`;
  await files.mkdir(own);
  try {
    await writeFile(files, `${own}/index`, String(index));
    return await use(own);
  } finally {
    await files.rmdir(own);
  }
}

/** `item`: gives the name of a new directory. Only runtime registers are shown there. */
export function registersByIndex(
  files: KitFiles,
  path: string,
  provider: Provider | undefined,
  item: () => string,
): LiveRegister[] {
  return (provider?.registers ?? []).flatMap((spec) => {
    const { rtmr } = spec.numbers;
    if (rtmr === undefined || !spec.extensible) return [];
    const at = <T>(use: (directory: string) => Promise<T>): Promise<T> =>
      withDirectory(files, [path, rtmr, item()], use);
    const read = () => at((directory) => readFile(files, `${directory}/digest`));
    const extend = async (digest: Uint8Array): Promise<void> => {
      if (digest.length !== spec.size)
        throw new TsmError('EINVAL', `${spec.name}: expected ${String(spec.size)} bytes`);
      await at((directory) => writeFile(files, `${directory}/digest`, digest));
    };
    return [{ spec, read, extend }];
  });
}
