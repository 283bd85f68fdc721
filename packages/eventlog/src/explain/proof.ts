/** The proof of a hit: where the register left the logged chain, what it was extended with, and what that gives. */
import { eventAt, stateAt, type Frame } from './frame.ts';
import type { ProofStep } from './model.ts';
import type { Hit } from './search.ts';
import { digestAt } from './steps.ts';
import type { Pool } from './trial.ts';

type Extends = ProofStep['extends'];

function extendsOf(frame: Frame, pool: Pool, { trial }: Hit): Extends {
  const { inserts, row } = trial;
  if (row) {
    const digest = (i: number): Uint8Array => digestAt(row.digests, pool.size, i);
    return Array.from({ length: row.count }, (_, i) => ({ digest: digest(i).slice(), event: null }));
  }
  return inserts.map((index) => ({
    digest: pool.at(index).slice(),
    event: index < frame.count ? eventAt(frame, index) : null,
  }));
}

/** Must be made before other candidates are filled in: the hit's digest may stand in a scratch place of the pool. */
export function proofOf(frame: Frame, pool: Pool, hit: Hit): ProofStep {
  const { from, resume, start, row } = hit.trial;
  return {
    after: start ? null : eventAt(frame, from - 1),
    from: (start ?? stateAt(frame, from)).slice(),
    extends: extendsOf(frame, pool, hit),
    resumes: row || resume >= frame.count ? null : eventAt(frame, resume),
    value: hit.value,
  };
}
