/**
 * Edits that concern the whole chain: another start value, another bank, another register. One replay each.
 * Source of the start values: TCG PC Client Platform TPM Profile 1.05 §4.6.2 (locality, dynamic root of trust).
 */
import { ALGORITHMS, equalBytes, type AlgorithmName } from '@tsm/core';
import { edit, type Context } from './context.ts';
import type { Edit, EditKind } from './model.ts';
import { digestAt, stepsOf, type Steps } from './steps.ts';
import { splice, type SearchClass, type Trial } from './trial.ts';
import { digestWords, registerWords } from './words.ts';

interface Whole {
  readonly kind: EditKind;
  readonly cost: number;
  readonly fill: (trial: Trial) => void;
  readonly describe: () => Edit[];
}

function wholes(kind: string, list: readonly Whole[]): SearchClass {
  return {
    kind,
    fromFirst: true,
    positions: list.length,
    candidates: () => 1,
    cost: (position) => list[position]?.cost ?? 0,
    fill: (position, _index, trial) => list[position]?.fill(trial),
    describe: (position) => list[position]?.describe() ?? [],
  };
}

/** Start values that registers have, with their names. */
function starts(size: number): { name: string; value: Uint8Array }[] {
  const locality = (level: number): { name: string; value: Uint8Array } => {
    const value = new Uint8Array(size);
    value[size - 1] = level;
    return { name: level === 0 ? 'zeros' : `locality ${level}`, value };
  };
  return [
    ...[0, 3, 4, 1, 2].map(locality),
    { name: 'ones, as a dynamic root of trust does', value: new Uint8Array(size).fill(0xff) },
  ];
}

export function startValues(context: Context): SearchClass {
  const { frame } = context;
  const { steps } = frame;
  const others = starts(steps.size).filter(({ value }) => !equalBytes(value, frame.start));
  const first = steps.events[frame.from] ?? null;
  return wholes(
    'start-value',
    others.map(({ name, value }) => ({
      kind: 'start-value',
      cost: frame.count,
      fill: (trial) => {
        splice(trial, 0, 0);
        trial.start = value;
      },
      describe: () => {
        const words = `${registerWords(steps.log, steps.register)} started with ${name}, not with ${digestWords(frame.start)}`;
        return [edit(context, 'start-value', first, words, { digest: value, name })];
      },
    })),
  );
}

/** The chain of other steps instead of those of the frame. */
function otherChain(context: Context, kind: EditKind, steps: Steps, words: string): Whole {
  const count = steps.events.length;
  return {
    kind,
    cost: count,
    fill: (trial) => {
      splice(trial, 0, 0);
      trial.start = steps.start;
      trial.row = { digests: steps.digests, count };
    },
    describe: () => [edit(context, kind, null, words)],
  };
}

/** The steps with each digest zero-padded to a wider bank, as older kernels extend a SHA-1 digest. */
function padded(steps: Steps, size: number): Steps {
  const count = steps.events.length;
  const digests = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) digests.set(digestAt(steps.digests, steps.size, i), i * size);
  return { ...steps, digests, size };
}

/** Digests of another bank in a register of this one: only where they fit. */
export function banks(context: Context): SearchClass {
  const { steps } = context.frame;
  const { log, register, size } = steps;
  const others = log.algorithms.filter(
    (name: AlgorithmName) =>
      name !== steps.algorithm && ALGORITHMS[name].size <= size && context.digests.has(name),
  );
  const list = others.map((name) => {
    const other = { ...padded(stepsOf(log, register, name, context.digests), size), start: steps.start };
    const how = ALGORITHMS[name].size < size ? ', padded with zeros' : '';
    const words = `the register was extended with the digests of the ${name} bank${how}, not with those of ${steps.algorithm}`;
    return otherChain(context, 'bank', other, words);
  });
  return wholes('bank', list);
}

/** The value of another register of the log: numbers that are off by one, or mixed up. */
export function otherRegisters(context: Context): SearchClass {
  const { steps } = context.frame;
  const { log, algorithm } = steps;
  const numbers = new Set<number>();
  log.scan(context.digests, (_event, register, bank) => {
    if (bank === algorithm && register !== steps.register) numbers.add(register);
  });
  const list = [...numbers].map((register) => {
    const words = `the value is that of ${registerWords(log, register)}, not of ${registerWords(log, steps.register)}`;
    return otherChain(context, 'register', stepsOf(log, register, algorithm, context.digests), words);
  });
  return wholes('register', list);
}
