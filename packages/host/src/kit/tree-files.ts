/** System calls of a case on a tree that others use too: what is theirs is left alone. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { REPORT_PATH, type Access } from '@tsm/abi';
import { NotShown, type KitFile } from '@tsm/abi/kit';
import { DiskFiles } from './disk-files.ts';

/** FUSE_SUPER_MAGIC (include/uapi/linux/magic.h). */
const FUSE = 0x6573_5546;

export interface TreeFilesOptions {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** Registers may be extended; else a case that would is not shown. */
  readonly allowExtend: boolean;
  /** Report items of others: they are not listed. */
  readonly others: ReadonlySet<string>;
  /** Why the case has to do without report items. */
  readonly noItems?: string | undefined;
}

export class TreeFiles extends DiskFiles {
  private readonly options: TreeFilesOptions;

  constructor(options: TreeFilesOptions) {
    super(options.root);
    this.options = options;
  }

  override async mkdir(path: string): Promise<void> {
    const { noItems } = this.options;
    if (noItems !== undefined && path.startsWith(REPORT_PATH)) throw new NotShown(noItems);
    await super.mkdir(path);
  }

  override async list(path: string): Promise<string[]> {
    const names = await super.list(path);
    return path === REPORT_PATH ? names.filter((name) => !this.options.others.has(name)) : names;
  }

  override async open(path: string, access: Access, how?: { readonly truncate?: boolean }): Promise<KitFile> {
    if (access !== 'read') await this.checkExtend(path);
    const file = await super.open(path, access, how);
    const fuse = (await statfs(join(this.options.root, path))).type === FUSE;
    return fuse ? withoutEmptyWrites(file) : file;
  }

  /** What has a write bit and is neither a report attribute nor a device is a register, or the log of one. */
  private async checkExtend(path: string): Promise<void> {
    if (this.options.allowExtend || path.startsWith(`${REPORT_PATH}/`) || path.startsWith('/dev/')) return;
    if (((await this.stat(path)).mode & 0o222) !== 0)
      throw new NotShown('would extend a register, which cannot be undone: allow it with --allow-extend');
  }
}

/** FUSE answers a write of no bytes without asking the server. */
function withoutEmptyWrites(file: KitFile): KitFile {
  return {
    read: (...all) => file.read(...all),
    write(bytes, at) {
      if (bytes.length === 0)
        return Promise.reject(new NotShown('a write of no bytes: FUSE does not pass it to the server'));
      return file.write(bytes, at);
    },
    seek: (position) => file.seek(position),
    ioctl: (...all) => file.ioctl(...all),
    close: () => file.close(),
  };
}
