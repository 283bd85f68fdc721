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
  /**
   * Evidence in bytes, text or JSON, decoded by the provider that recognises it; undefined when none does. `names` are
   * asked before those that are built in.
   */
  evidence(bytes: Uint8Array, names?: readonly string[]): Promise<Unwrapped<Evidence> | undefined>;
}

export function createProviders(io: Io): Providers {
  const find = async (name: string): Promise<Provider> =>
    BUILT_IN.find((provider) => provider.id === name) ?? checked(name, await io.load(name));
  return {
    builtIn: BUILT_IN,
    find,
    async evidence(bytes, names = []) {
      const formats = [...(await Promise.all(names.map(find))), ...BUILT_IN].flatMap(
        ({ evidence }) => evidence ?? [],
      );
      return unwrap(bytes, (content) => formats.find((format) => format.recognise(content))?.decode(content));
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
