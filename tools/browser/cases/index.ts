/** What browsers and Node must agree on, as plain facts: event logs, extend chains, and evidence of each technology. */
import { chainFacts, type ChainFacts } from './chains.ts';
import { logFacts, type LogFacts } from './logs.ts';
import { machineFacts, MACHINES, type MachineFacts } from './machines.ts';

export interface Facts {
  readonly logs: LogFacts;
  readonly chains: readonly ChainFacts[];
  /** By name in {@link MACHINES}. */
  readonly machines: Readonly<Record<string, MachineFacts>>;
}

export async function runCases(): Promise<Facts> {
  const machines: Record<string, MachineFacts> = {};
  for (const [name, provider] of Object.entries(MACHINES)) machines[name] = await machineFacts(provider);
  return { logs: await logFacts(), chains: chainFacts(), machines };
}
