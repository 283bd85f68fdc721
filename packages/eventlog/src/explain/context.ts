/** What the classes of edits work with: a frame, its pool of digests, and what is known besides the log. */
import type { Digests } from '@tsm/core';
import type { Candidate } from './candidates.ts';
import { eventAt, type Frame } from './frame.ts';
import type { Slices } from './meter.ts';
import type { Edit, EditKind } from './model.ts';
import type { Steps } from './steps.ts';
import type { Pool } from './trial.ts';
import { theEvent } from './words.ts';

export interface Context {
  readonly frame: Frame;
  readonly pool: Pool;
  readonly digests: Digests;
  /** Digests that the caller knows of and the log may lack: of the known-good log, of the dictionary. */
  readonly known: readonly Candidate[];
  /** Digests that firmware often extends with. */
  readonly wellKnown: readonly Candidate[];
  /** Digests of the log itself, of this register and others. */
  readonly own: readonly Candidate[];
  /** Extends of the register in the known-good log. */
  readonly good: Steps | undefined;
  readonly maxEdits: number;
  /** A chance to stop while classes are built. */
  readonly pause: () => Slices<void>;
}

/** An edit of this frame's register. */
export function edit(
  { frame }: Context,
  kind: EditKind,
  event: number | null,
  words: string,
  more: Pick<Edit, 'digest' | 'name'> = {},
): Edit {
  return { kind, register: frame.steps.register, event, words, ...more };
}

/** Number of the event of extend `index`, which is one of the frame. */
export function eventOf({ frame }: Context, index: number): number {
  return eventAt(frame, index) ?? 0;
}

/** The event of extend `index` in words. */
export function eventText(context: Context, index: number): string {
  return theEvent(context.frame.steps.log, eventAt(context.frame, index));
}
