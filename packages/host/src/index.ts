/** Everything of TSM that touches the computer: fast digests, and simulated machines on disk. */
export { nodeDigests } from './digests.ts';
export { defaultStateDirectory, StateDirectory, type ProviderLookup } from './state.ts';
