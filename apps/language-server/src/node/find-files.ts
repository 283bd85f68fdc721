/** Files of folders by their names. Folders that hold what others wrote are not entered. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const CLOSED = new Set(['node_modules', '.git', 'dist', 'target']);
/** More files are for no editor. */
const MAX_FILES = 5000;

/** `*.tsmlog` and plain names. */
function matcherOf(globs: readonly string[]): (name: string) => boolean {
  const suffixes = globs.filter((glob) => glob.startsWith('*')).map((glob) => glob.slice(1));
  return (name) => globs.includes(name) || suffixes.some((suffix) => name.endsWith(suffix));
}

/** URIs of the files below the folders (URIs) that are named like one of the globs. What cannot be opened is left out. */
export async function findFiles(globs: readonly string[], folders: readonly string[]): Promise<string[]> {
  const fits = matcherOf(globs);
  const found: string[] = [];
  const open = folders.filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri));
  for (let path = open.pop(); path !== undefined && found.length < MAX_FILES; path = open.pop()) {
    // A folder that vanished, or that nobody may read, has no files for us.
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory() && !CLOSED.has(entry.name)) open.push(join(path, entry.name));
      else if (entry.isFile() && fits(entry.name)) found.push(pathToFileURL(join(path, entry.name)).href);
    }
  }
  return found.sort();
}
