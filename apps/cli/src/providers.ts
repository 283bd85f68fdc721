/** The providers that come with the command line, and those that are loaded by name. */
import { assertProvider, unwrap, type Evidence, type Provider, type Unwrapped } from '@tsm/core';
import tdx from '@tsm/provider-tdx';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

const BUILT_IN: readonly Provider[] = [tdx];

export interface Providers {
  readonly builtIn: readonly Provider[];
  /** The provider with this id, or the default export of the module of this name. */
  find(name: string): Promise<Provider>;
  /** Evidence in bytes, text or JSON, decoded by the provider that recognises it; undefined when none does. */
  evidence(bytes: Uint8Array): Unwrapped<Evidence> | undefined;
}

export function createProviders(io: Io): Providers {
  return {
    builtIn: BUILT_IN,
    async find(name) {
      const known = BUILT_IN.find((provider) => provider.id === name);
      if (known) return known;
      if (/^[a-z][a-z0-9-]*$/.test(name) && !name.startsWith('tsm-')) {
        const ids = BUILT_IN.map((provider) => provider.id).join(', ');
        const loaded = await io.load(name).catch(() => undefined);
        if (loaded === undefined) {
          throw new CliError(
            EXIT.usage,
            'provider.unknown',
            `no provider ${name}`,
            `built in: ${ids}; or name a module, such as ./my-provider.mjs`,
          );
        }
        return checked(name, loaded);
      }
      return checked(name, await io.load(name));
    },
    evidence(bytes) {
      return unwrap(bytes, (content) =>
        BUILT_IN.find((provider) => provider.evidence?.recognise(content))?.evidence?.decode(content),
      );
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
