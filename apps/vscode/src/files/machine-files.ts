/** The `tsm:` file system: the kernel's file tree of a machine, as `tsm:/MACHINE/sys/kernel/config/tsm/…`. */
import * as vscode from 'vscode';
import { base64Of, bytesOf, messageOf, type Api } from '../api.ts';

const SCHEME = 'tsm';

export const treeUri = (machine: string): vscode.Uri =>
  vscode.Uri.from({ scheme: SCHEME, path: `/${machine}` });

/** Which error of the editor an errno is. */
const ERRORS: Readonly<Record<string, (what: string) => vscode.FileSystemError>> = {
  ENOENT: (what) => vscode.FileSystemError.FileNotFound(what),
  EEXIST: (what) => vscode.FileSystemError.FileExists(what),
  ENOTDIR: (what) => vscode.FileSystemError.FileNotADirectory(what),
  EISDIR: (what) => vscode.FileSystemError.FileIsADirectory(what),
  EACCES: (what) => vscode.FileSystemError.NoPermissions(what),
  EPERM: (what) => vscode.FileSystemError.NoPermissions(what),
};

/** The server's refusals begin with the errno's name. */
function refused(error: unknown): vscode.FileSystemError {
  const message = messageOf(error);
  const make = ERRORS[/\bE[A-Z]+\b/.exec(message)?.[0] ?? ''];
  return make ? make(message) : vscode.FileSystemError.Unavailable(message);
}

class MachineFiles implements vscode.FileSystemProvider {
  private readonly api: Api;
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  /** Grows with every change, so that the editor reads an open file again. */
  private time = Date.now();

  constructor(api: Api) {
    this.api = api;
    api.onMachineChanged((machine) => {
      this.time = Math.max(this.time + 1, Date.now());
      this.changed.fire([{ type: vscode.FileChangeType.Changed, uri: treeUri(machine) }]);
      for (const { uri } of vscode.workspace.textDocuments)
        if (uri.scheme === SCHEME && uri.path.startsWith(`/${machine}/`))
          this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    });
  }

  /** Folders that the editor asked for before the server ran are looked at again. */
  appeared(): void {
    for (const { uri } of vscode.workspace.workspaceFolders ?? [])
      if (uri.scheme === SCHEME)
        this.changed.fire([{ type: vscode.FileChangeType.Created, uri: vscode.Uri.joinPath(uri, 'sys') }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    if (uri.path === '/') return { type: vscode.FileType.Directory, ctime: 0, mtime: this.time, size: 0 };
    const { kind, size, mode } = await this.ask('tsm/machine/tree/stat', uri);
    const readonly = kind === 'file' && (mode & 0o222) === 0;
    return {
      type: kind === 'directory' ? vscode.FileType.Directory : vscode.FileType.File,
      ...{ ctime: 0, mtime: this.time, size },
      ...(readonly ? { permissions: vscode.FilePermission.Readonly } : {}),
    };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    if (uri.path === '/') {
      const { machines } = await this.api.request('tsm/machines', null);
      return machines.map(({ id }) => [id, vscode.FileType.Directory]);
    }
    const { entries } = await this.ask('tsm/machine/tree/list', uri);
    return entries.map(({ name, kind }) => [
      name,
      kind === 'directory' ? vscode.FileType.Directory : vscode.FileType.File,
    ]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return bytesOf((await this.ask('tsm/machine/tree/read', uri)).base64);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    try {
      await this.api.request('tsm/machine/tree/write', { ...place(uri), base64: base64Of(content) });
    } catch (error) {
      throw refused(error);
    }
    this.touched(uri, vscode.FileChangeType.Changed);
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    await this.ask('tsm/machine/tree/mkdir', uri);
    this.touched(uri, vscode.FileChangeType.Created);
  }

  async delete(uri: vscode.Uri): Promise<void> {
    await this.ask('tsm/machine/tree/rmdir', uri);
    this.touched(uri, vscode.FileChangeType.Deleted);
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions(vscode.l10n.t('The kernel renames nothing here.'));
  }

  /** What is written to one file shows in others: a report's `inblob` in its `outblob` and `generation`. */
  private touched(uri: vscode.Uri, type: vscode.FileChangeType): void {
    this.time = Math.max(this.time + 1, Date.now());
    const folder = uri.with({ path: uri.path.slice(0, uri.path.lastIndexOf('/')) });
    this.changed.fire([
      { type, uri },
      { type: vscode.FileChangeType.Changed, uri: folder },
    ]);
  }

  private async ask<M extends 'stat' | 'list' | 'read' | 'mkdir' | 'rmdir'>(
    method: `tsm/machine/tree/${M}`,
    uri: vscode.Uri,
  ) {
    try {
      return await this.api.request(method, place(uri));
    } catch (error) {
      throw refused(error);
    }
  }
}

function place({ path }: vscode.Uri): { machine: string; path: string } {
  const [, machine = '', rest = ''] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  return { machine, path: rest === '' ? '/' : rest };
}

interface RegisteredFiles extends vscode.Disposable {
  /** To call when the server runs, or runs again. */
  appeared(): void;
}

export function registerMachineFiles(api: Api): RegisteredFiles {
  const files = new MachineFiles(api);
  const registered = vscode.workspace.registerFileSystemProvider(SCHEME, files, { isCaseSensitive: true });
  return Object.assign(registered, { appeared: () => files.appeared() });
}
