/** Where a text log may begin: only at a value that a verifier knows, else its first entries could be left out. */
import { equalBytes, shortHex, type Issue } from '@tsm/core';
import type { EventLog } from '@tsm/eventlog';
import { ABI_ISSUES } from './issues.ts';

/** Issues of a log of one register whose INIT or SYNC states none of these values. No issue: it begins where it may. */
export function checkStart(log: EventLog, golden: readonly Uint8Array[]): readonly Issue[] {
  const [algorithm] = log.algorithms;
  const start = algorithm && log.start(0, algorithm);
  if (start && golden.some((one) => equalBytes(one, start))) return [];
  const length = log.count > 0 ? log.event(0).length : log.bytes.length;
  const stated = start && shortHex(start);
  return [
    ABI_ISSUES.make(
      'log.start-not-golden',
      { path: 'events[0]', offset: 0, length },
      { stated, known: golden.length },
    ),
  ];
}
