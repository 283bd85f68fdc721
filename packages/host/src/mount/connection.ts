/** The way to the kernel: /dev/fuse, mount(8) and umount(8). What is missing is said with the way out. */
import { openSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsmError } from '@tsm/core';
import { codeOf } from '../state/errors.ts';
import { runProgram } from './programs.ts';

const DEVICE = '/dev/fuse';

const RIGHTS =
  'mounting needs root — run it with sudo, or let "tsm run -- COMMAND" mount in a user namespace of its own';
const RIGHTS_WITHIN = 'mounting is refused in this namespace — run as root, or in a container that may mount';

/** Opens a connection that is not mounted yet. ENODEV, EPERM. */
export function openConnection(): number {
  try {
    return openSync(DEVICE, 'r+');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EACCES' || code === 'EPERM')
      throw new TsmError(
        'EPERM',
        `no permission to open ${DEVICE} — run as root, or give this user access to it`,
      );
    throw new TsmError(
      'ENODEV',
      `${DEVICE} cannot be opened (${code ?? String(error)}) — "modprobe fuse"; in a container add --device ${DEVICE}`,
    );
  }
}

/** mountinfo writes some characters as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** File system at this absolute path when it is a mount point. */
function mountedAt(directory: string): string | undefined {
  const rows = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  const row = rows
    .map((line) => line.split(' '))
    .findLast((parts) => unescaped(parts[4] ?? '') === directory);
  return row && (row[row.indexOf('-') + 1] ?? '');
}

function checkFree(directory: string): void {
  const found = mountedAt(directory);
  if (found === undefined) return;
  const what = `${directory} is in use: ${found} is mounted there`;
  throw new TsmError('EBUSY', `${what} — choose another folder, or "umount ${directory}"`);
}

const REFUSED: Readonly<Record<string, (directory: string) => string>> = {
  ENOENT: (directory) => `${directory} does not exist — make it with "mkdir -p ${directory}"`,
  ENOTDIR: (directory) => `${directory} is not a folder — choose an empty folder`,
  EACCES: (directory) => `no permission to look into ${directory} — choose another folder`,
};

/** The absolute path of a directory that a tree may be mounted at: an empty one. EBUSY, ENOENT, ENOTDIR, ENOTEMPTY. */
export function mountPoint(path: string): string {
  if (process.platform !== 'linux')
    throw new TsmError('ENODEV', 'a mount needs Linux — use "tsm serve" or "tsm machine" here');
  // Looked at before anything else: a mount whose server died answers nothing.
  checkFree(resolve(path));
  try {
    const directory = realpathSync(path);
    checkFree(directory);
    if (readdirSync(directory).length === 0) return directory;
    throw new TsmError('ENOTEMPTY', `${directory} is not empty — choose an empty folder, or make one`);
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (error instanceof TsmError || !REFUSED[code]) throw error;
    throw new TsmError(code, REFUSED[code](path));
  }
}

function mountOptions(): string {
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  return `fd=3,rootmode=40000,${owner},allow_other,default_permissions,nosuid,nodev,noexec`;
}

/** Mounts a connection. `within`: in a namespace of our own. EPERM, or EIO with what mount(8) says. */
export async function mountConnection(connection: number, directory: string, within: boolean): Promise<void> {
  const args = ['-i', '-t', 'fuse', '-o', mountOptions(), 'tsm', directory];
  const { code, text } = await runProgram('mount', args, connection);
  if (code === 0) return;
  if (/permi|superuser|only root/i.test(text)) throw new TsmError('EPERM', within ? RIGHTS_WITHIN : RIGHTS);
  throw new TsmError('EIO', `mount ${directory}: ${text || `exit code ${code ?? 'none'}`}`);
}

/** Takes the tree away at once; who still has a file of it open gets errors where this may be forced. */
export async function unmount(directory: string): Promise<void> {
  if (mountedAt(directory) === undefined) return;
  const forced = await runProgram('umount', ['-l', '-f', directory]);
  if (forced.code === 0) return;
  const { code, text } = await runProgram('umount', ['-l', directory]);
  if (code !== 0 && mountedAt(directory) !== undefined)
    throw new TsmError('EBUSY', `umount ${directory}: ${text} — try "umount -l ${directory}"`);
}
