/** A run of SPDM as the page of a trace shows it: messages with their fields, what was done, how states went. */
import { toBase64 } from '@tsm/core';
import type { DecodedCapture, ObservedMessage } from '@tsm/pci-tdisp';
import { problemView, treeView } from '../documents/tree-view.ts';
import type { TraceMessage, TraceView } from '../protocol/devices.ts';
import { Lanes } from './lanes.ts';
import type { DeviceRun } from './recording.ts';

type Decoded = Pick<DecodedCapture, 'messages' | 'undecrypted' | 'violations'>;

function messageView(message: ObservedMessage): TraceMessage {
  const { packet, from, session, name, size, whole } = message;
  // Chunks are about the message that they bring.
  const { bytes, fields } = whole ?? message;
  const detail = [message.detail, ...(whole ? [whole.name, whole.detail] : [])];
  return {
    ...{ packet, from, session, name, size, base64: toBase64(bytes) },
    detail: detail.filter((part) => part !== '').join(', '),
    secured: session !== null,
    fields: fields ? treeView(fields) : null,
  };
}

type Steps = DeviceRun['steps'];

/** Lanes of what the messages say; where a device knows better after a step, such as that its link broke, it is as it says. */
function lanesOf(messages: readonly ObservedMessage[], steps: Steps): TraceView['lanes'] {
  const lanes = new Lanes();
  const streams = new Set<string>();
  const after = ({ after: functions }: Steps[number], step: number): void => {
    const packet = steps[step + 1]?.packet ?? messages.length;
    for (const { address, state } of functions)
      if (lanes.stateOf(address) !== undefined || state !== 'CONFIG_UNLOCKED')
        lanes.note('interface', address, packet, state, step);
    const now = new Map(
      functions.flatMap(({ stream, secure }): [string, string][] =>
        stream === null ? [] : [[`stream ${String(stream)}`, secure ? 'secure' : 'insecure']],
      ),
    );
    for (const name of streams) if (!now.has(name)) lanes.note('stream', name, packet, 'gone', step);
    for (const [name, state] of now) {
      lanes.note('stream', name, packet, state, step);
      streams.add(name);
    }
  };
  let next = 0;
  for (const [step, one] of steps.entries()) {
    const end = steps[step + 1]?.packet ?? messages.length;
    for (; next < end; next++) {
      const message = messages[next];
      if (message) lanes.take(message);
    }
    after(one, step);
  }
  for (const message of messages.slice(next)) lanes.take(message);
  return lanes.all;
}

/** `agent`: who asks, where that is known. */
export function traceView(
  { messages, undecrypted, violations }: Decoded,
  agent: string | null = null,
  steps: Steps = [],
): TraceView {
  return {
    ...{ agent, undecrypted, problems: [] },
    messages: messages.map(messageView),
    steps: steps.map(({ op, device, packet }) => ({ verb: op, device, packet })),
    lanes: lanesOf(messages, steps),
    violations: violations.map((issue) => ({ ...problemView(issue), packet: issue.packet })),
  };
}
