/** `/sys/kernel/config/tsm/rtmrs/NAME/{index,digest,tcg_map}` (posting of Jan 2024); clients of it still exist. */
import type { RegisterSpec } from '@tsm/core';
import { errno } from '../errno.ts';
import { configfsText } from '../files/text.ts';
import { parseUint } from '../integer.ts';
import { checkAccess, type DirectoryNode, type FileNode, type Node } from '../node.ts';
import type { MeasurementGroup } from './group.ts';

/** Most directories, and most bytes of `digest`. */
const MAX_ITEMS = 32;
const DIGEST_MAX = 64;

/** PCRs that map to a register, as `1,7` and `2-6`. */
function pcrText(pcrs: readonly number[] = []): string {
  const runs: number[][] = [];
  for (const pcr of pcrs) {
    const run = runs.at(-1);
    if (run && run.at(-1) === pcr - 1) run.push(pcr);
    else runs.push([pcr]);
  }
  const shown = runs.map((run) =>
    run.length > 2 ? `${String(run[0])}-${String(run.at(-1))}` : run.join(','),
  );
  return shown.join(',');
}

class Rtmr {
  index: number | undefined;
}

export function rtmrsDirectory(group: () => MeasurementGroup | undefined): DirectoryNode {
  const items = new Map<string, Rtmr>();
  const nodes = new Map<string, Node>();

  const registerOf = (rtmr: Rtmr): [MeasurementGroup, RegisterSpec] => {
    const owner = group();
    const register = owner?.registers.find((one) => one.numbers.rtmr === rtmr.index && one.extensible);
    if (rtmr.index === undefined || !owner || !register)
      throw errno('ENXIO', 'index: nothing was written yet');
    return [owner, register];
  };
  const setIndex = (rtmr: Rtmr, index: number): void => {
    const known = group()?.registers.some((one) => one.numbers.rtmr === index && one.extensible) === true;
    if (!known) throw errno('EINVAL', `index: no runtime register ${String(index)}`);
    if ([...items.values()].some((one) => one.index === index))
      throw errno('EINVAL', `index: ${String(index)} is used already`);
    rtmr.index = index;
  };

  /** A write extends at once, so that its errors are seen. */
  const digest = (rtmr: Rtmr, alive: () => void): FileNode => ({
    ...{ kind: 'file', mode: 0o644, size: 0, seekable: false },
    open(access) {
      checkAccess(access, true, true);
      alive();
      let snapshot: Uint8Array | undefined;
      return {
        read(offset, size) {
          alive();
          const [owner, register] = registerOf(rtmr);
          snapshot ??= owner.read(register);
          return snapshot.slice(offset, offset + size);
        },
        write(_offset, bytes) {
          alive();
          if (bytes.length > DIGEST_MAX) throw errno('EFBIG', `expected at most ${String(DIGEST_MAX)} bytes`);
          const [owner, register] = registerOf(rtmr);
          if (bytes.length < register.size)
            throw errno(
              'EINVAL',
              `expected at least ${String(register.size)} bytes, got ${String(bytes.length)}`,
            );
          owner.write(register, bytes.subarray(0, register.size));
          return bytes.length;
        },
        release: () => undefined,
      };
    },
  });

  const filesOf = (rtmr: Rtmr, name: string): Map<string, Node> => {
    const alive = (): void => {
      if (items.get(name) !== rtmr) throw errno('ENOENT', `${name} was removed`);
    };
    const index = (): string => {
      registerOf(rtmr);
      return `${String(rtmr.index)}\n`;
    };
    const tcgMap = (): string => `${pcrText(registerOf(rtmr)[1].numbers.pcrs)}\n`;
    return new Map<string, Node>([
      [
        'index',
        configfsText({ mode: 0o644, show: index, store: (text) => setIndex(rtmr, parseUint(text)), alive }),
      ],
      ['digest', digest(rtmr, alive)],
      ['tcg_map', configfsText({ mode: 0o444, show: tcgMap, alive })],
    ]);
  };

  return {
    kind: 'directory',
    mode: 0o755,
    entries: () => nodes,
    mkdir(name) {
      if (items.size >= MAX_ITEMS) throw errno('EINVAL', `at most ${String(MAX_ITEMS)} directories`);
      const rtmr = new Rtmr();
      items.set(name, rtmr);
      const files = filesOf(rtmr, name);
      nodes.set(name, { kind: 'directory', mode: 0o755, entries: () => files });
    },
    rmdir(name) {
      items.delete(name);
      nodes.delete(name);
    },
  };
}
