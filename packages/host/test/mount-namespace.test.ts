/** The commands that put a tree at the kernel's paths, on computers that have more or less of them. */
import { describe, expect, it } from 'vitest';
import type { Graft } from '../src/mount/grafts.ts';
import { graftCommands, prepareCommands, type Computer } from '../src/mount/namespace.ts';

/** A computer with these paths: one that ends with a slash is a directory, `a -> b` a link. */
function computerOf(paths: readonly string[]): Computer {
  const kinds = new Map<string, 'directory' | 'link' | 'other'>();
  const targets = new Map<string, string>();
  for (const text of paths) {
    const [path = '', target] = text.split(' -> ');
    const name = path.replace(/\/$/, '');
    kinds.set(name, target !== undefined ? 'link' : path.endsWith('/') ? 'directory' : 'other');
    if (target !== undefined) targets.set(name, target);
  }
  return {
    kindOf: (path) => kinds.get(path),
    list: (path) =>
      [...kinds.keys()]
        .filter((one) => one.replace(/\/[^/]*$/, '') === path)
        .map((one) => one.slice(path.length + 1)),
    target: (path) => targets.get(path) ?? '',
  };
}

const END = 'umount -l /sys/fs';
const config: Graft = { kind: 'directory', path: '/sys/kernel/config/tsm' };

describe('the namespace', () => {
  it('is put together in a directory that every kernel has', () => {
    expect(prepareCommands()).toEqual([
      'mount -t tmpfs -o mode=755 tsm /sys/fs',
      'mkdir /sys/fs/aside /sys/fs/tree',
    ]);
  });

  it('covers what is there already', () => {
    const computer = computerOf(['/sys/kernel/config/tsm/', '/dev/', '/dev/tdx_guest']);
    expect(graftCommands([config, { kind: 'file', path: '/dev/tdx_guest' }], computer)).toEqual([
      'mount --bind /sys/fs/tree/sys/kernel/config/tsm /sys/kernel/config/tsm',
      'mount --bind /sys/fs/tree/dev/tdx_guest /dev/tdx_guest',
      END,
    ]);
  });

  it('makes the way to a path whose directories are missing, in the deepest one that is there', () => {
    const computer = computerOf(['/sys/kernel/', '/sys/kernel/mm/', '/sys/kernel/notes']);
    expect(graftCommands([config], computer)).toEqual([
      'mount --rbind /sys/kernel /sys/fs/aside',
      'mount -t tmpfs -o mode=755 tsm /sys/kernel',
      'mkdir /sys/kernel/mm',
      'mount --rbind /sys/fs/aside/mm /sys/kernel/mm',
      'touch /sys/kernel/notes',
      'mount --rbind /sys/fs/aside/notes /sys/kernel/notes',
      'umount -l /sys/fs/aside',
      'mkdir /sys/kernel/config',
      'mkdir /sys/kernel/config/tsm',
      'mount --bind /sys/fs/tree/sys/kernel/config/tsm /sys/kernel/config/tsm',
      END,
    ]);
  });

  it('puts a directory together once, keeps its links, and leaves out what takes the place of another', () => {
    const computer = computerOf(['/dev/', '/dev/fd -> /proc/self/fd', '/dev/tdx_guest -> elsewhere']);
    const commands = graftCommands(
      [
        { kind: 'file', path: '/dev/tdx_guest' },
        { kind: 'link', path: '/dev/alias', target: 'tdx_guest' },
        { kind: 'file', path: '/dev/sev-guest' },
      ],
      computer,
    );
    expect(commands).toEqual([
      'mount --rbind /dev /sys/fs/aside',
      'mount -t tmpfs -o mode=755 tsm /dev',
      'ln -s /proc/self/fd /dev/fd',
      'umount -l /sys/fs/aside',
      'touch /dev/tdx_guest',
      'mount --bind /sys/fs/tree/dev/tdx_guest /dev/tdx_guest',
      'ln -s tdx_guest /dev/alias',
      'touch /dev/sev-guest',
      'mount --bind /sys/fs/tree/dev/sev-guest /dev/sev-guest',
      END,
    ]);
  });

  it('gives a shell any name as it is', () => {
    const computer = computerOf(['/dev/', `/dev/it's; rm -rf $HOME`]);
    const commands = graftCommands([{ kind: 'file', path: '/dev/x' }], computer);
    expect(commands).toContain(`touch '/dev/it'\\''s; rm -rf $HOME'`);
  });
});
