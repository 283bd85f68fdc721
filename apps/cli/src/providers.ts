/** The providers that come with the command line, and those that are loaded by name. */
import { assertProvider, unwrap, type Evidence, type Provider, type Unwrapped } from '@tsm/core';
import cca from '@tsm/provider-cca';
import cove from '@tsm/provider-cove';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

const BUILT_IN: readonly Provider[] = [tdx, snp, cca, cove];

export interface Providers {
  readonly builtIn: readonly Provider[];
  /** The provider with this id, or the default export of the module of this name. */
  find(name: string): Promise<Provider>;
  /** URL of the module that {@link find} takes it from, for another thread or process. */
  urlOf(name: string): string;
  /**
   * Evidence in bytes, text or JSON, decoded by the provider that recognises it; undefined when none does. `names` are
   * asked before those that are built in.
   */
  evidence(bytes: Uint8Array, names?: readonly string[]): Promise<FoundEvidence | undefined>;
}

export interface FoundEvidence extends Unwrapped<Evidence> {
  readonly provider: Provider;
}

export function createProviders(io: Io): Providers {
  const find = async (name: string): Promise<Provider> =>
    BUILT_IN.find((provider) => provider.id === name) ?? checked(name, await io.load(name));
  return {
    builtIn: BUILT_IN,
    find,
    urlOf: (name) => io.moduleUrl(BUILT_IN.some(({ id }) => id === name) ? `@tsm/provider-${name}` : name),
    async evidence(bytes, names = []) {
      const providers = [...(await Promise.all(names.map(find))), ...BUILT_IN];
      const found = unwrap(bytes, (content) => {
        const provider = providers.find(({ evidence }) => evidence?.recognise(content));
        return provider?.evidence && { provider, evidence: provider.evidence.decode(content) };
      });
      return found && { ...found, content: found.content.evidence, provider: found.content.provider };
    },
  };
}

function checked(name: string, value: unknown): Provider {
  try {
    assertProvider(value);
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      EXIT.input,
      'provider.invalid',
      `${name} has no provider as its default export — ${why}`,
    );
  }
}
