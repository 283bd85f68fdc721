/** One part of an explanation, with Node's digests: what a worker runs, and what is run without one. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  decodeLog,
  explainPart,
  type EventLog,
  type PartExplanation,
  type PartProgress,
} from '@tsm/eventlog';
import { nodeDigests } from './digests.ts';
import type { LogSource, Task } from './explain-messages.ts';

function decoded({ bytes, decode }: LogSource): EventLog {
  return decodeLog(bytes, decode);
}

/** Runs to the end, or until `onProgress` says to stop. Messages and signals have their turn between the slices. */
export async function runTask(
  { log, question: { knownGood, ...rest }, part }: Task,
  onProgress: (progress: PartProgress) => boolean,
): Promise<PartExplanation> {
  const options = {
    ...rest,
    digests: nodeDigests(),
    ...(knownGood ? { knownGood: decoded(knownGood) } : {}),
  };
  const slices = explainPart(decoded(log), options, part);
  let step = slices.next();
  while (!step.done) {
    await nextTurn();
    step = slices.next(onProgress(step.value));
  }
  return step.value;
}
