/** Decoded fields as lines of a tree; an event of a log with all of its bytes. */
import { ALGORITHMS, toHex, type Digests, type Issue, type Node } from '@tsm/core';
import { valueText } from '@tsm/core/layout';
import { checkEvent, type EventLog } from '@tsm/eventlog';
import type { Problem, TreeNode } from '../protocol/views.ts';

/** Bytes of one value that are shown; the rest is in the hex pane. */
const LONGEST = 256;

function shown(value: unknown): string {
  if (value instanceof Uint8Array && value.length > LONGEST)
    return `${toHex(value.subarray(0, LONGEST))}… (${String(value.length)} bytes)`;
  return valueText(value);
}

export function treeView({ name, offset, length, value, meaning, doc, spec, children }: Node): TreeNode {
  const text = children.length === 0 ? shown(value) : '';
  return {
    ...{ name, offset, length },
    value: meaning === undefined ? text : `${text} ${meaning}`.trim(),
    doc: spec === undefined ? doc : `${doc} (${spec})`,
    children: children.map(treeView),
  };
}

const leaf = (name: string, value: string, offset: number, length: number, doc: string): TreeNode => ({
  ...{ name, value, offset, length, doc },
  children: [],
});

/** The bytes of an event: its record, in it the digests, and its data field by field. */
export function eventTree(log: EventLog, number: number, digests: Digests): TreeNode {
  const event = log.event(number);
  const { typeName, type, offset, length, dataOffset, data } = event;
  const { title, tree } = event.content();
  const { state, covers } = checkEvent(event, digests);
  const stored = event.digests.filter((one) => one.offset >= 0);
  const whole = (name: string, value: string, doc: string) => leaf(name, value, offset, length, doc);
  const dataNode = (): TreeNode => {
    const from = dataOffset < 0 ? offset : dataOffset;
    const size = dataOffset < 0 ? length : data.length;
    const plain = leaf('data', shown(data), from, size, title);
    return tree ? { ...treeView(tree), name: 'data' } : plain;
  };
  return {
    ...whole(`event ${String(number)}`, '', title),
    children: [
      whole('type', `${typeName} (0x${type.toString(16)})`, 'Type of the event, as it claims'),
      whole('digest check', `${state}: ${covers}`, 'Does the recorded data give the recorded digest?'),
      ...stored.map(({ algorithm, digest, offset: at, tcgId }) =>
        leaf(
          `digest ${algorithm ?? `0x${tcgId.toString(16)}`}`,
          toHex(digest),
          at,
          digest.length,
          algorithm === undefined ? 'A digest of an algorithm that is not known' : ALGORITHMS[algorithm].name,
        ),
      ),
      dataNode(),
    ],
  };
}

export function problemView({ code, severity, message, path, offset, length, spec }: Issue): Problem {
  return { code, severity, message, path, offset, length, ...(spec === undefined ? {} : { spec }) };
}
