/** What the pool and its workers tell each other. */
import type { DecodeLogOptions, ExplainOptions, Part, PartExplanation, PartProgress } from '@tsm/eventlog';

/** A log as bytes, which each worker decodes for itself. */
export interface LogSource {
  readonly bytes: Uint8Array;
  readonly decode?: DecodeLogOptions;
}

/** What is asked, without what cannot be sent to another thread. */
export interface Question extends Omit<ExplainOptions, 'digests' | 'knownGood'> {
  readonly knownGood?: LogSource;
}

/** What a worker is started with. */
export interface Task {
  readonly log: LogSource;
  readonly question: Question;
  readonly part: Part;
}

/** What a worker says. Any message to it means that it shall stop and answer with what it has. */
export type Told = { readonly progress: PartProgress } | { readonly done: PartExplanation };
