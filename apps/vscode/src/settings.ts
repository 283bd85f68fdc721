/** The settings as the server takes them, with what only the editor knows: trust, and other extensions' providers. */
import * as vscode from 'vscode';
import type { Settings } from '@tsm/language-server/protocol';

/** Those of the first folder of the workspace; folders that were added later do not change them. */
export const configuration = (): vscode.WorkspaceConfiguration =>
  vscode.workspace.getConfiguration('tsm', vscode.workspace.workspaceFolders?.[0]);

/** Modules that other extensions bring: `contributes.tsmProviders`, a list of paths in the extension. */
function contributed(): string[] {
  return vscode.extensions.all.flatMap(({ extensionPath, packageJSON }) => {
    const { contributes } = packageJSON as { contributes?: { tsmProviders?: unknown } };
    const given = contributes?.tsmProviders;
    if (!Array.isArray(given)) return [];
    return given.filter((one) => typeof one === 'string').map((one) => `${extensionPath}/${one}`);
  });
}

/** Paths that start with a dot are meant from the first folder of the workspace. */
function absolute(module: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  return module.startsWith('.') && folder ? vscode.Uri.joinPath(folder.uri, module).fsPath : module;
}

export function serverSettings(): Settings {
  const own = configuration();
  const state = own.get<string>('state', '');
  const liveRoot = own.get<string>('liveRoot', '');
  return {
    bindings: own.get('bindings', []),
    providers: [...own.get<string[]>('providers', []).map(absolute), ...contributed()],
    trusted: vscode.workspace.isTrusted,
    provider: own.get('provider', 'tdx'),
    inlayHints: own.get('inlayHints', true),
    ...(state === '' ? {} : { state: absolute(state) }),
    ...(liveRoot === '' ? {} : { liveRoot: absolute(liveRoot) }),
  };
}

/** Files of the workspace that a list of patterns names. */
export async function filesOf(setting: 'collateral' | 'trustAnchors'): Promise<vscode.Uri[]> {
  const patterns = configuration().get<string[]>(setting, []);
  const found = await Promise.all(patterns.map((pattern) => vscode.workspace.findFiles(pattern)));
  const unique = new Map(found.flat().map((uri) => [uri.toString(), uri]));
  return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
