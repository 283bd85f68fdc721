/** Directories that follow what is registered with the Tsm. */
import type { MeasurementSource, Tsm } from '@tsm/core';
import type { DirectoryNode, Node } from '../node.ts';

/** One child for each source, made when it is first seen and kept while the source stays. */
export function following(tsm: Tsm, make: (source: MeasurementSource) => Node): DirectoryNode {
  const made = new WeakMap<MeasurementSource, Node>();
  const nodeOf = (source: MeasurementSource): Node => {
    const node = made.get(source) ?? make(source);
    made.set(source, node);
    return node;
  };
  return {
    kind: 'directory',
    mode: 0o755,
    entries: () => new Map(tsm.measurements.map((source) => [source.name, nodeOf(source)])),
  };
}
