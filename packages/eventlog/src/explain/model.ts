/** What the mismatch solver is asked, and what it answers. */
import type { AlgorithmName, Digests } from '@tsm/core';
import type { EventLog } from '../log.ts';

/** Kinds of edits, and what each says about log and register. */
export const EDIT_KINDS = {
  'past-evidence': 'the log goes on past the evidence',
  'start-value': 'the register started with another value',
  bank: 'the value is of another bank',
  register: 'the value is of another register',
  'stated-value': 'the log states a wrong value',
  extra: 'the log has an event that the register lacks',
  duplicate: 'the log has an event twice',
  missing: 'the register was extended with something that the log lacks',
  again: 'the register was extended twice with one event',
  swapped: 'two events stand in the wrong order',
  moved: 'an event stands at the wrong place',
  replaced: 'an event has the digest of another content',
  'digest-of-data': 'the digest of an event is not that of its data',
  encoding: 'the data of an event was hashed in another encoding',
  separator: 'a separator has another value',
  'pre-hashed': 'a digest was hashed again, or data was extended without hashing',
  'bit-flip': 'one bit of a digest is wrong',
} as const;

export type EditKind = keyof typeof EDIT_KINDS;

/** One change of the log that a search proposes: applied to the log, it makes it agree with the register. */
export interface Edit {
  readonly kind: EditKind;
  /** Register number in the log's numbering. */
  readonly register: number;
  /** Number of the event that the edit is about; of the event after which one is missing; null at the start. */
  readonly event: number | null;
  /** One sentence. */
  readonly words: string;
  /** What the register was extended with instead, where the edit brings a digest of its own. */
  readonly digest?: Uint8Array;
  /** What else is known of that digest: `the known-good log: event 19 EV_IPL "…"`. */
  readonly name?: string;
  /** Other edits of the same kind and the same effect, such as dropping the equal neighbour. */
  readonly equivalent?: readonly string[];
  /** Edits of another kind with the same effect: then the log alone does not tell which of them happened. */
  readonly alternatives?: readonly Edit[];
}

/** One place where the register was extended with something else than the log says. */
export interface ProofStep {
  /** The last event before it, as logged; null at the start. */
  readonly after: number | null;
  /** Value of the register there. */
  readonly from: Uint8Array;
  /** What it was extended with then. */
  readonly extends: readonly { readonly digest: Uint8Array; readonly event: number | null }[];
  /** The event that the log goes on with from there, as logged; null when it ends. */
  readonly resumes: number | null;
  /** What that recomputes to at the end: the expected value, or the value that the log states there. */
  readonly value: Uint8Array;
}

/** What was tried of one class of edits. */
export interface Searched {
  readonly kind: string;
  readonly candidates: number;
  readonly extends: number;
}

/** What was not tried of one class, and why. */
export interface NotSearched extends Searched {
  readonly reason:
    'budget' | 'cancelled' | 'found' | 'max-edits' | 'not-asked' | 'cannot-be-known' | 'no-backend';
}

export interface Explanation {
  readonly register: number;
  readonly algorithm: AlgorithmName;
  readonly expected: Uint8Array;
  /** True when the edits give the expected value; also, with no edits, when the log as it stands does. */
  readonly found: boolean;
  readonly edits: readonly Edit[];
  /**
   * No edit of another kind has the same effect. (An edit of another effect would be a collision of the hash, so that
   * effects are unique by themselves.) False when nothing was found.
   */
  readonly unique: boolean;
  readonly proof: readonly ProofStep[];
  readonly searched: readonly Searched[];
  readonly notSearched: readonly NotSearched[];
  /** In extends of the register. */
  readonly cost: { readonly planned: number; readonly spent: number };
  readonly stopped: 'found' | 'exhausted' | 'budget' | 'cancelled';
}

/** A digest that somebody has a name for. */
export interface KnownDigest {
  readonly digest: Uint8Array;
  readonly name: string;
}

export interface ExplainProgress {
  /** Class that is being searched; before that `replay` and `set-up`, and `plan` once all costs are known. */
  readonly kind: string;
  readonly spent: number;
  /** Extends planned in all, as far as known; at most the budget. */
  readonly planned: number;
}

export interface ExplainOptions {
  /** Register in the log's numbering; 0 in a log of a single register. */
  readonly register: number;
  readonly algorithm: AlgorithmName;
  readonly expected: Uint8Array;
  /** A log that is known to be right, of the same kind. */
  readonly knownGood?: EventLog;
  readonly known?: readonly KnownDigest[];
  /** Default 1. Two need a known-good log. */
  readonly maxEdits?: 1 | 2;
  /** The most extends that may be computed. */
  readonly budget?: number;
  /** Only these classes of edits, by the names that `searched` has for them. Default: all. */
  readonly classes?: readonly string[];
  readonly digests?: Digests;
}

export interface ExplainRun extends ExplainOptions {
  readonly onProgress?: (progress: ExplainProgress) => void;
  readonly signal?: AbortSignal;
  /** Awaited between slices of work, so that a host can let others run. Default: a microtask. */
  readonly pause?: () => Promise<void>;
}

/** The share of one of several workers: every candidate is in exactly one of the parts 0…`of` − 1. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** Where something stands in the order of the search, compared number by number. */
export type Rank = readonly number[];

/** Edits that give the expected value, of the whole log or of one stretch between stated values. */
export interface Solution {
  readonly rank: Rank;
  readonly edits: readonly Edit[];
  readonly proof: readonly ProofStep[];
}

/** What one part of a search found. */
export interface PartExplanation extends Pick<Explanation, 'searched' | 'notSearched' | 'cost' | 'stopped'> {
  readonly solutions: readonly Solution[];
  /** Stretches between stated values that do not replay: each needs a solution. */
  readonly stretches: number;
}

export interface PartProgress extends ExplainProgress {
  readonly rank: Rank;
  readonly solutions: readonly Solution[];
  readonly stretches: number;
}
