/** The tree of this package as a target of the kit, on a virtual clock. */
import { portableDigests, type Digests, type Provider, type Signer } from '@tsm/core';
import { VirtualClock } from '../clock.ts';
import { errno } from '../errno.ts';
import { createGuest, type Guest } from '../guest.ts';
import type { Access } from '../node.ts';
import type { ProfileName } from '../profiles.ts';
import type { AbiTree, Attributes } from '../tree.ts';
import type { Given, Inside, KitFile, KitFiles, SevTio, SevTioFaults, Subject, Target } from './model.ts';

/** Providers that the kit's guests run on; they are passed in. */
export interface KitProviders {
  readonly tdx: Provider;
  readonly snp: (options: { readonly vmpl: number; readonly hostCertificates: boolean }) => Provider;
  readonly cca: Provider;
  /** For the case about SEV-TIO, which is not shown without. */
  readonly sevTio?: (faults: SevTioFaults) => SevTio;
}

export interface InProcessOptions {
  readonly digests?: Digests;
  readonly signer?: Signer;
}

/** One caller: when it is where on the clock. */
interface Caller {
  time: number;
}

/** System calls of one caller on the tree. */
class TreeFiles implements KitFiles {
  private readonly tree: AbiTree;
  private readonly clock: VirtualClock;
  private readonly caller: Caller;

  constructor(tree: AbiTree, clock: VirtualClock, caller: Caller) {
    this.tree = tree;
    this.clock = clock;
    this.caller = caller;
  }

  /** Runs one system call at the caller's time; it is over when the clock says. */
  private call<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.clock.time = this.caller.time;
      try {
        resolve(action());
      } finally {
        this.caller.time = this.clock.time;
      }
    });
  }

  mkdir(path: string): Promise<void> {
    return this.call(() => void this.tree.mkdir(...this.place(path)));
  }

  rmdir(path: string): Promise<void> {
    return this.call(() => this.tree.rmdir(...this.place(path)));
  }

  unlink(path: string): Promise<void> {
    return this.call(() => this.tree.unlink(...this.place(path)));
  }

  rename(from: string): Promise<void> {
    return this.call(() => this.tree.rename(...this.place(from)));
  }

  list(path: string): Promise<string[]> {
    return this.call(() => this.tree.readdir(this.tree.resolve(path).ino).map(({ name }) => name));
  }

  stat(path: string): Promise<Attributes> {
    return this.call(() => this.tree.resolve(path));
  }

  open(path: string, access: Access): Promise<KitFile> {
    return this.call(() => {
      const { fh, seekable } = this.tree.open(this.tree.resolve(path).ino, access);
      return this.file(fh, seekable);
    });
  }

  private file(fh: number, seekable: boolean): KitFile {
    let position = 0;
    const checkSeek = (): void => {
      if (!seekable) throw errno('ESPIPE', 'this file has no position');
    };
    const { tree } = this;
    return {
      read: (size, at) =>
        this.call(() => {
          if (at !== undefined) checkSeek();
          const bytes = tree.read(fh, at ?? position, size);
          if (at === undefined) position += bytes.length;
          return bytes;
        }),
      write: (bytes, at) =>
        this.call(() => {
          if (at !== undefined) checkSeek();
          const taken = tree.write(fh, at ?? position, bytes);
          if (at === undefined) position += taken;
          return taken;
        }),
      seek: (to) =>
        this.call(() => {
          checkSeek();
          position = to;
        }),
      ioctl: (command, argument) => this.call(() => tree.ioctl(fh, command, argument)),
      close: () => this.call(() => tree.release(fh)),
    };
  }

  /** Inode of the directory, and the name in it. */
  private place(path: string): [number, string] {
    const cut = path.lastIndexOf('/');
    return [this.tree.resolve(path.slice(0, cut)).ino, path.slice(cut + 1)];
  }
}

/** Launch of every guest: the same each time. */
const LAUNCH = { seed: new Uint8Array(32).fill(7), now: new Date('2026-01-01T00:00:00Z') };

function providerFor(name: 'tdx' | 'snp' | 'cca', providers: KitProviders, given: Given): Provider {
  if (name !== 'snp') return providers[name];
  return providers.snp({ vmpl: given.vmpl ?? 0, hostCertificates: given.certificates ?? true });
}

function plugName(
  guest: Guest,
  name: 'tdx' | 'snp' | 'cca',
  [providers, given, tools]: readonly [
    KitProviders,
    Given,
    Required<Pick<InProcessOptions, 'digests'>> & InProcessOptions,
  ],
): () => void {
  const provider = providerFor(name, providers, given);
  const { digests, signer } = tools;
  const model = provider.model?.(LAUNCH, signer ? { digests, signer } : { digests });
  if (!model) throw new TypeError(`provider ${provider.id} has no model`);
  const { wrap, strictTimeout = false } = given;
  return guest.plug(provider, model, { strictTimeout, ...(wrap ? { wrap } : {}) });
}

function plugSource(guest: Guest, source: Exclude<Given['provider'], string | undefined>): () => void {
  guest.tsm.registerReport(source);
  return () => guest.tsm.unregisterReport(source);
}

export function inProcess(providers: KitProviders, options: InProcessOptions = {}): Target {
  const digests = options.digests ?? portableDigests;
  const tools = { ...options, digests };
  const start = (profile: ProfileName, given: Given): Subject => {
    const clock = new VirtualClock();
    const { counters, lockPerItem = false, banks = 1, firmwareLog, provider, cma } = given;
    const guest = createGuest({
      ...{ profile, clock, digests, lockPerItem, banks },
      ...(counters ? { counters } : {}),
      ...(firmwareLog ? { firmwareLog } : {}),
      ...(cma ? { cma } : {}),
    });
    let unplug: (() => void) | undefined;
    if (typeof provider === 'string') unplug = plugName(guest, provider, [providers, given, tools]);
    else if (provider) unplug = plugSource(guest, provider);
    const inside: Inside = {
      ...{ guest, clock, digests },
      unplug: () => unplug?.(),
      plug(name) {
        unplug = plugName(guest, name, [providers, given, tools]);
      },
      provider: (name) => providerFor(name, providers, given),
      sevTio: providers.sevTio,
    };
    const main: Caller = { time: 0 };
    return {
      files: new TreeFiles(guest.tree, clock, main),
      inside,
      async together(tasks) {
        const begin = main.time;
        const callers = tasks.map((): Caller => ({ time: begin }));
        await Promise.all(
          tasks.map((task, i) => task(new TreeFiles(guest.tree, clock, callers[i] ?? { time: begin }))),
        );
        main.time = Math.max(begin, ...callers.map(({ time }) => time));
        return callers.map(({ time }) => time - begin);
      },
      close: () => Promise.resolve(),
    };
  };
  // Also what `start` throws must come as a rejection.
  return {
    name: 'in process',
    start: (profile, given) => Promise.resolve().then(() => start(profile, given)),
  };
}
