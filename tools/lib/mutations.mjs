// @ts-check
/**
 * A corpus of registers that differ from their log by one known edit, and what the mismatch solver makes of it: each
 * class of edits at each position of each register of real logs.
 */
import { ALGORITHMS, concat, utf16Bytes } from '@tsm/core';
import { checkDigest, explainSteps } from '@tsm/eventlog';

/** @import { AlgorithmName, Digests } from '@tsm/core' */
/** @import { EventLog, EditKind } from '@tsm/eventlog' */

/**
 * One register of one log, as a row of digests.
 * @typedef {{ name: string, log: EventLog, register: number, algorithm: AlgorithmName, row: Uint8Array[], data: (Uint8Array | undefined)[], digests: Digests }} Subject
 */
/**
 * @typedef {object} Case
 * @property {string} kind Class of the edit.
 * @property {readonly EditKind[]} told Kinds that tell it.
 * @property {Subject} subject
 * @property {number} position
 * @property {readonly Uint8Array[]} row What the register was extended with.
 * @property {Uint8Array} [start]
 */
/** @typedef {(below: number) => number} Random */
/** @typedef {(subject: Subject, i: number, random: Random) => readonly Uint8Array[] | undefined} Mutate */

/** Registers with more events make the corpus slow; the classes are the same. */
const MAX_EVENTS = 150;
const WINDOW = 64;
export const FOREIGN = 'an event that the log lacks';
const text = new TextEncoder();

/** @type {(subject: Subject) => Uint8Array} */
export const foreignOf = ({ digests, algorithm }) => digests.digest(algorithm, text.encode(FOREIGN));

/** @type {(subject: Subject, i: number, data: (bytes: Uint8Array) => Uint8Array) => readonly Uint8Array[] | undefined} */
const encoded = ({ row, data, digests, algorithm }, i, change) => {
  const bytes = data[i];
  return bytes && row.with(i, digests.digest(algorithm, change(bytes)));
};

/** @type {(row: readonly Uint8Array[], from: number, to: number) => Uint8Array[]} */
const movedTo = (row, from, to) => {
  const rest = row.toSpliced(from, 1);
  return rest.toSpliced(to, 0, ...row.slice(from, from + 1));
};

/** @type {(random: Random, i: number, length: number) => number | undefined} */
const partner = (random, i, length) => {
  const most = Math.min(WINDOW, length - 1 - i);
  return most < 2 ? undefined : i + 2 + random(most - 1);
};

/** Each class: its name, the kinds of edits that tell it, and the row of the register. @type {readonly (readonly [string, readonly EditKind[], Mutate])[]} */
const CLASSES = [
  ['past-evidence', ['past-evidence'], ({ row }, i) => row.slice(0, i)],
  ['extra', ['extra', 'duplicate', 'past-evidence'], ({ row }, i) => row.toSpliced(i, 1)],
  ['again', ['again', 'missing'], ({ row }, i) => row.toSpliced(i, 0, ...row.slice(i, i + 1))],
  ['swap-adjacent', ['swapped'], ({ row }, i) => (i + 1 < row.length ? movedTo(row, i, i + 1) : undefined)],
  [
    'swap-near',
    ['swapped', 'moved'],
    ({ row }, i, random) => {
      const j = partner(random, i, row.length);
      const [a, b] = [row[i], row[j ?? -1]];
      return a && b && j !== undefined ? row.with(i, b).with(j, a) : undefined;
    },
  ],
  [
    'move-up',
    ['moved', 'swapped'],
    ({ row }, i, random) => {
      const j = partner(random, i, row.length);
      return j === undefined ? undefined : movedTo(row, i, j);
    },
  ],
  [
    'move-down',
    ['moved', 'swapped'],
    ({ row }, i, random) => {
      const j = partner(random, i, row.length);
      return j === undefined ? undefined : movedTo(row, j, i);
    },
  ],
  ['missing', ['missing'], (subject, i) => subject.row.toSpliced(i, 0, foreignOf(subject))],
  ['replaced', ['replaced'], (subject, i) => subject.row.with(i, foreignOf(subject))],
  [
    'pre-hashed',
    ['pre-hashed', 'replaced'],
    ({ row, digests, algorithm }, i) => row.with(i, digests.digest(algorithm, row[i] ?? new Uint8Array(0))),
  ],
  ['with NUL', ['encoding'], (subject, i) => encoded(subject, i, (bytes) => concat(bytes, Uint8Array.of(0)))],
  ['with LF', ['encoding'], (subject, i) => encoded(subject, i, (bytes) => concat(bytes, Uint8Array.of(10)))],
  [
    'UTF-16',
    ['encoding', 'replaced'],
    (subject, i) =>
      encoded(subject, i, (bytes) =>
        bytes.length > 0 && bytes.every((byte) => byte >= 32 && byte < 127)
          ? utf16Bytes(new TextDecoder().decode(bytes))
          : concat(bytes, Uint8Array.of(0)),
      ),
  ],
  [
    'separator',
    ['separator'],
    ({ log, register, row, digests, algorithm }, i) => {
      const event = [...log].filter((one) => one.measured && one.register === register)[i];
      if (event?.typeName !== 'EV_SEPARATOR') return undefined;
      const value = event.data[0] === 0 ? 0xff : 0;
      return row.with(i, digests.digest(algorithm, new Uint8Array(4).fill(value)));
    },
  ],
  [
    'bit-flip',
    ['bit-flip', 'digest-of-data'],
    ({ row }, i, random) => {
      const digest = row[i]?.slice() ?? new Uint8Array(0);
      const bit = random(8 * digest.length);
      digest[bit >> 3] = (digest[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return row.with(i, digest);
    },
  ],
];

/** Classes with a choice in them give other cases each time. */
const CHOICES = new Set(['swap-near', 'move-up', 'move-down', 'bit-flip']);

/** The registers of a log that something extends, in each bank. @type {(name: string, log: EventLog, digests: Digests) => Subject[]} */
export const subjectsOf = (name, log, digests) => {
  /** @type {Map<string, Subject>} */
  const found = new Map();
  log.scan(digests, (number, register, algorithm, bytes, offset) => {
    if (!digests.has(algorithm)) return;
    const key = `${register}/${algorithm}`;
    const subject = found.get(key) ?? { name, log, register, algorithm, row: [], data: [], digests };
    found.set(key, subject);
    const digest = bytes.slice(offset, offset + ALGORITHMS[algorithm].size);
    const { type, data, digests: stored } = log.event(number);
    const covers =
      log.numbering === 'single' && stored.length === 0
        ? 'event data'
        : checkDigest(type, data, digests, algorithm, digest).covers;
    subject.row.push(digest);
    subject.data.push(covers === 'event data' && !data.includes(0) ? data : undefined);
  });
  return [...found.values()].filter(({ row }) => row.length > 0 && row.length <= MAX_EVENTS);
};

/** @type {(a: readonly Uint8Array[], b: readonly Uint8Array[]) => boolean} */
const sameRow = (a, b) =>
  a.length === b.length && a.every((digest, i) => Buffer.compare(digest, b[i] ?? new Uint8Array(0)) === 0);

/** Every class at every position; classes with a choice are drawn again until there are `least` cases. @type {(subjects: readonly Subject[], least: number, random: Random) => Case[]} */
export const casesOf = (subjects, least, random) => {
  /** @type {Case[]} */
  const cases = [];
  for (let round = 0; round === 0 || (round < 100 && cases.length < least); round++) {
    for (const subject of subjects) {
      for (let position = 0; position < subject.row.length; position++) {
        for (const [kind, told, mutate] of CLASSES) {
          if (round > 0 && !CHOICES.has(kind)) continue;
          const row = mutate(subject, position, random);
          if (row && !sameRow(row, subject.row)) cases.push({ kind, told, subject, position, row });
        }
      }
    }
  }
  return cases;
};

/** A seeded sample, in a random order. @type {(cases: readonly Case[], count: number, random: Random) => Case[]} */
export const sampleOf = (cases, count, random) => {
  const rest = [...cases];
  for (let i = 0; i < Math.min(count, rest.length); i++) {
    const j = i + random(rest.length - i);
    [rest[i], rest[j]] = [/** @type {Case} */ (rest[j]), /** @type {Case} */ (rest[i])];
  }
  return rest.slice(0, count);
};

/** What the register of a case holds. @type {(one: Case) => Uint8Array} */
export const valueOf = ({ subject: { log, register, algorithm, digests }, row }) => {
  const start = log.start(register, algorithm) ?? new Uint8Array(ALGORITHMS[algorithm].size);
  const chain = digests.chain(algorithm, start);
  for (const digest of row) chain.extend(digest);
  return chain.value();
};

/**
 * Explains one case. `right`: one of the edits that tell it was named, first or as another reading.
 * @param {Case} one
 * @param {number} [budget]
 */
export const solve = (one, budget = 20_000_000) => {
  const { register, algorithm, log, digests } = one.subject;
  const expected = valueOf(one);
  const known = [{ digest: foreignOf(one.subject), name: FOREIGN }];
  const slices = explainSteps(log, { register, algorithm, expected, known, digests, budget });
  let step = slices.next();
  while (!step.done) step = slices.next();
  const { found, unique, edits, proof, cost } = step.value;
  const proven = proof.length > 0 && proof.some(({ value }) => Buffer.compare(value, expected) === 0);
  const kinds = edits.flatMap(({ kind, alternatives = [] }) => [
    kind,
    ...alternatives.map((other) => other.kind),
  ]);
  return {
    explained: found && proven,
    unique: found && unique,
    right: kinds.some((kind) => one.told.includes(kind)),
    extends: cost.spent,
    edits,
  };
};
