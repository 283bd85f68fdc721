/** The providers of this workspace as a target of the kit, and targets that are not quite right. */
import { inProcess, type KitFiles, type Target } from '@tsm/abi/kit';
import { faultySevTio } from '@tsm/pci-tdisp';
import { createCca } from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

export const target = inProcess({ tdx, snp: createSnp, cca: createCca(), sevTio: faultySevTio });

/** The same tree behind system calls that `change` replaces; without `inside` like one of another process. */
export function changed(change: (files: KitFiles) => Partial<KitFiles>, { inside = true } = {}): Target {
  const wrap = (files: KitFiles): KitFiles => {
    const plain: KitFiles = {
      mkdir: (path) => files.mkdir(path),
      rmdir: (path) => files.rmdir(path),
      unlink: (path) => files.unlink(path),
      rename: (from, to) => files.rename(from, to),
      list: (path) => files.list(path),
      stat: (path) => files.stat(path),
      open: (path, access, options) => files.open(path, access, options),
    };
    return { ...plain, ...change(plain) };
  };
  return {
    name: 'changed',
    async start(profile, given) {
      const subject = await target.start(profile, given);
      return {
        files: wrap(subject.files),
        inside: inside ? subject.inside : undefined,
        together: (tasks) => subject.together(tasks.map((task) => (files) => task(wrap(files)))),
        close: () => subject.close(),
      };
    },
  };
}
