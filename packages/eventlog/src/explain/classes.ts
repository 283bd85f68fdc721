/** Which classes of edits are searched in a frame: those that concern the whole log, and those of one place in it. */
import type { Context } from './context.ts';
import type { Slices } from './meter.ts';
import { missing, replaced } from './insert.ts';
import { knownGoodClasses } from './known-good.ts';
import { again, extra, move, pastEvidence, swap, WINDOW } from './order.ts';
import type { SearchClass } from './trial.ts';
import { statedValues, variantClasses } from './variants.ts';
import { banks, otherRegisters, startValues } from './whole.ts';

/** Classes that cost a few replays each, and only make sense for the whole log. */
export function* wholeClasses(context: Context): Slices<SearchClass[]> {
  yield* context.pause();
  return [
    pastEvidence(context),
    statedValues(context),
    ...knownGoodClasses(context),
    startValues(context),
    banks(context),
    otherRegisters(context),
  ];
}

/** Classes that change one place. The search sorts them by cost; among equals the order here counts. */
export function* placeClasses(context: Context): Slices<SearchClass[]> {
  const { frame, known, wellKnown, own } = context;
  const { count, whole, to, steps } = frame;
  const last = !whole && to === steps.events.length;
  const variants = yield* variantClasses(context);
  return [
    ...(last ? [pastEvidence(context)] : []),
    missing(context, 'missing-at-end', [...known, ...wellKnown, ...own], count, count),
    extra(context),
    swap(context, 'swap-adjacent', 1, 1),
    again(context),
    ...variants,
    missing(context, 'missing-known', known, 0, count - 1),
    replaced(context, 'replaced-known', known),
    missing(context, 'missing', wellKnown, 0, count - 1),
    replaced(context, 'replaced', wellKnown),
    swap(context, 'swap-near', 2, WINDOW),
    move(context, 'move-near', 2, WINDOW),
    missing(context, 'missing-own', own, 0, count - 1),
    swap(context, 'swap-far', WINDOW + 1, Infinity),
    move(context, 'move-far', WINDOW + 1, Infinity),
  ];
}
