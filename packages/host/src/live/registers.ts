/** The registers of a live machine as files, in whichever revision the kernel shows them. */
import { readFile, writeFile, type KitFiles } from '@tsm/abi/kit';
import {
  algorithmOfText,
  defineRegister,
  TsmError,
  utf8Bytes,
  utf8Text,
  type AlgorithmName,
  type Provider,
  type RegisterSpec,
} from '@tsm/core';
import { ifThere } from './find.ts';

/** One register, and what its files can do. */
export interface LiveRegister {
  readonly spec: RegisterSpec;
  readonly read: () => Promise<Uint8Array>;
  readonly extend?: (digest: Uint8Array) => Promise<void>;
  /** Where the kernel keeps a log beside the register. */
  readonly append?: (event: string) => Promise<void>;
  readonly log?: () => Promise<Uint8Array>;
}

/** What the kernel shows of a register; the rest is what the provider says about it. */
interface Shown {
  readonly name: string;
  /** Undefined where no file says it. */
  readonly algorithm: AlgorithmName | null | undefined;
  readonly size: number;
  readonly writable: boolean;
}

function specOf({ name, algorithm, size, writable }: Shown, provider: Provider | undefined): RegisterSpec {
  const known = provider?.registers.find(
    (one) => one.name === name && (algorithm === undefined || one.algorithm === algorithm),
  );
  if (known) return { ...known, size, extensible: writable };
  return defineRegister({
    ...{ name, algorithm: algorithm ?? null, size, extensible: writable },
    kind: writable ? 'runtime' : 'static',
  });
}

/** A write of it all, in one system call, as the drivers want it. */
async function writeAll(files: KitFiles, path: string, bytes: Uint8Array): Promise<void> {
  const taken = await writeFile(files, path, bytes);
  if (taken !== bytes.length)
    throw new TsmError('EIO', `${path}: ${String(taken)} of ${String(bytes.length)} bytes were taken`);
}

/** Reads the registers below one directory. */
class Walk {
  private readonly files: KitFiles;
  private readonly provider: Provider | undefined;

  constructor(files: KitFiles, provider: Provider | undefined) {
    this.files = files;
    this.provider = provider;
  }

  async registers(path: string): Promise<LiveRegister[]> {
    const found: LiveRegister[] = [];
    for (const name of await this.files.list(path))
      found.push(...(await this.entry(`${path}/${name}`, name)));
    return found;
  }

  /** A file, a directory with `digest`, or a directory of banks. */
  private async entry(path: string, entry: string): Promise<LiveRegister[]> {
    if ((await this.files.stat(path)).kind === 'file') {
      const [name = entry, hash] = entry.split(':');
      return [await this.register(path, name, hash === undefined ? undefined : algorithmOf(hash, path))];
    }
    const inner = await this.files.list(path);
    const append = inner.includes('append_event') ? `${path}/append_event` : undefined;
    if (inner.includes('digest')) return [await this.directory(path, entry, append)];
    const found: LiveRegister[] = [];
    for (const hash of inner.filter((one) => one !== 'append_event')) {
      const algorithm = algorithmOf(hash, path);
      found.push(await this.directory(`${path}/${hash}`, entry, append, algorithm));
    }
    return found;
  }

  private async directory(
    path: string,
    name: string,
    append: string | undefined,
    hash?: AlgorithmName | null,
  ): Promise<LiveRegister> {
    const { files } = this;
    const stated = hash === undefined ? await ifThere(() => readFile(files, `${path}/hash_algo`)) : undefined;
    const algorithm = stated ? algorithmOf(utf8Text(stated).trim(), path) : hash;
    const register = await this.register(`${path}/digest`, name, algorithm);
    const hasLog = (await files.list(path)).includes('event_log');
    return {
      ...register,
      ...(append === undefined ? {} : { append: (event) => writeAll(files, append, utf8Bytes(event)) }),
      ...(hasLog ? { log: () => readFile(files, `${path}/event_log`) } : {}),
    };
  }

  private async register(
    path: string,
    name: string,
    algorithm: AlgorithmName | null | undefined,
  ): Promise<LiveRegister> {
    const { files } = this;
    const { mode, size } = await files.stat(path);
    const writable = (mode & 0o222) !== 0;
    return {
      spec: specOf({ name, algorithm, size, writable }, this.provider),
      read: () => readFile(files, path),
      ...(writable ? { extend: (digest) => writeAll(files, path, digest) } : {}),
    };
  }
}

function algorithmOf(text: string, path: string): AlgorithmName | null {
  if (text === 'none') return null;
  const algorithm = algorithmOfText(text);
  if (algorithm === undefined)
    throw new TsmError('EOPNOTSUPP', `${path}: the hash ${text} is not known here`);
  return algorithm;
}

/** `path`: what has the registers of one driver, in any revision but that of `tsm/rtmrs`. */
export function registersBelow(
  files: KitFiles,
  path: string,
  provider: Provider | undefined,
): Promise<LiveRegister[]> {
  return new Walk(files, provider).registers(path);
}
