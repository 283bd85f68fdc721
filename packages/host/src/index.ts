/** Everything of TSM that touches the computer: fast digests, searches on all cores, and simulated machines on disk. */
export { nodeDigests } from './digests.ts';
export { coreCount, explainOnCores, type ExplainOnCores } from './explain.ts';
export type { LogSource, Question } from './explain-messages.ts';
export { defaultStateDirectory, StateDirectory, type ProviderLookup } from './state.ts';
export { nodeVerifier } from './verifier.ts';
