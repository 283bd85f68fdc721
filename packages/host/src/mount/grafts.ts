/** The parts of a guest's tree that a kernel's own file systems do not have: each goes to its path as a whole. */
import { ROOT, type AbiTree, type Entry } from '@tsm/abi';

/** Something that is shown at its own absolute path. */
export type Graft =
  | { readonly kind: 'directory' | 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Directories that hold what others put there too, so that only what is in them is ours. */
const SHARED: ReadonlySet<string> = new Set([
  ...[
    '',
    '/dev',
    '/sys',
    '/sys/bus',
    '/sys/bus/pci',
    '/sys/bus/pci/devices',
    '/sys/class',
    '/sys/class/misc',
  ],
  ...['/sys/class/tsm', '/sys/devices', '/sys/devices/virtual', '/sys/devices/virtual/misc'],
  ...['/sys/firmware', '/sys/firmware/acpi', '/sys/firmware/acpi/tables', '/sys/firmware/acpi/tables/data'],
  ...['/sys/kernel', '/sys/kernel/config', '/sys/kernel/security'],
]);

export function graftsOf(tree: AbiTree): Graft[] {
  const within = (ino: number, path: string): Graft[] =>
    tree.readdir(ino).flatMap((entry) => graft(entry, `${path}/${entry.name}`));
  const graft = ({ ino, kind }: Entry, path: string): Graft[] => {
    if (kind === 'link') return [{ kind, path, target: tree.readlink(ino) }];
    return SHARED.has(path) ? within(ino, path) : [{ kind, path }];
  };
  return within(ROOT, '');
}
