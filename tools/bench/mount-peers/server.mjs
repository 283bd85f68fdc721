// @ts-check
/** The same tree shape on `fuse-native`: report items over one blob. Argument: the folder. Any message: how much processor time? */
import { createRequire } from 'node:module';

/**
 * @typedef {(error: number, result?: unknown) => void} Done
 * @typedef {{ mount(done: (error?: Error) => void): void }} Fuse
 * @typedef {{ generation: number }} Item
 * @typedef {{ bytes: Buffer, item: Item, commit: boolean }} Open
 */

const Fuse =
  /** @type {{ new (folder: string, operations: object, options: object): Fuse } & Record<string, number>} */ (
    createRequire(import.meta.url)('fuse-native')
  );
const { ENOENT = -2 } = Fuse;
const REPORTS = '/sys/kernel/config/tsm/report';
const FOLDERS = REPORTS.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/') || '/');
const FILES = new Map([
  ['inblob', 0o200],
  ['outblob', 0o444],
  ['generation', 0o444],
  ['provider', 0o444],
]);
const outblob = Buffer.alloc(1024, 7);

/** @type {Map<string, Item>} */
const items = new Map();
/** @type {Map<number, Open>} */
const open = new Map();
let handles = 0;

/** @param {string} path @returns {[Item | undefined, string]} */
function find(path) {
  const [item = '', file = ''] = path.slice(REPORTS.length + 1).split('/');
  return [path.startsWith(`${REPORTS}/`) ? items.get(item) : undefined, file];
}

/** @param {number} mode */
const stat = (mode) => {
  const time = new Date(0);
  return { mtime: time, atime: time, ctime: time, nlink: 1, size: 4096, mode, uid: 0, gid: 0 };
};

const operations = {
  /** @param {string} path @param {Done} done */
  getattr(path, done) {
    const [item, file] = find(path);
    const mode = item && FILES.get(file);
    if (FOLDERS.includes(path) || (item && file === '')) done(0, stat(0o40755));
    else if (mode === undefined) done(ENOENT);
    else done(0, stat(0o100000 | mode));
  },
  /** @param {string} _path @param {Done} done */
  readdir: (_path, done) => done(0, [...items.keys()]),
  /** @param {string} path @param {number} _mode @param {Done} done */
  mkdir(path, _mode, done) {
    items.set(path.slice(REPORTS.length + 1), { generation: 0 });
    done(0);
  },
  /** @param {string} path @param {Done} done */
  rmdir(path, done) {
    items.delete(path.slice(REPORTS.length + 1));
    done(0);
  },
  /** @param {string} path @param {number} _flags @param {Done} done */
  open(path, _flags, done) {
    const [item, file] = find(path);
    if (!item) {
      done(ENOENT);
      return;
    }
    const bytes = file === 'generation' ? Buffer.from(`${item.generation}\n`) : outblob;
    open.set(++handles, { bytes, item, commit: false });
    done(0, handles);
  },
  /** @param {string} _path @param {number} fd @param {Buffer} into @param {number} size @param {number} at @param {Done} done */
  read(_path, fd, into, size, at, done) {
    const bytes = open.get(fd)?.bytes.subarray(at, at + size) ?? Buffer.alloc(0);
    into.set(bytes);
    done(bytes.length);
  },
  /** @param {string} _path @param {number} fd @param {Buffer} _bytes @param {number} size @param {number} _at @param {Done} done */
  write(_path, fd, _bytes, size, _at, done) {
    const file = open.get(fd);
    if (file) file.commit = true;
    done(size);
  },
  /** @param {string} _path @param {number} fd @param {Done} done */
  release(_path, fd, done) {
    const file = open.get(fd);
    open.delete(fd);
    if (file?.commit) file.item.generation++;
    done(0);
  },
};

const [folder = ''] = process.argv.slice(2);
// The option for direct I/O is ignored, so that it goes in with the name. Without it the page cache answers.
const fuse = new Fuse(folder, operations, { fsname: 'peer,direct_io', force: true });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});
fuse.mount((error) => process.send?.(error ? error.message : 'mounted'));
