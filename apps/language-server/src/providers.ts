/** The providers that are built in, and those that settings name; one that fails is reported by name and harms no other. */
import { assertProvider, registerAddress, type Provider } from '@tsm/core';
import cca from '@tsm/provider-cca';
import cove from '@tsm/provider-cove';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import type { ProviderView } from './protocol/requests.ts';
import type { Settings } from './protocol/settings.ts';

const BUILT_IN: readonly Provider[] = [tdx, snp, cca, cove];

interface Loaded {
  readonly module: string;
  readonly provider?: Provider;
  readonly failure?: string;
}

function viewOf({ id, title, registers, model }: Provider): ProviderView {
  return {
    ...{ id, title, canSimulate: model !== undefined },
    registers: registers.filter(({ extensible }) => extensible).map((one) => registerAddress(registers, one)),
  };
}

export class Providers {
  private readonly load: (module: string) => Promise<unknown>;
  private loading: Promise<readonly Loaded[]> = Promise.resolve([]);
  private all: Promise<readonly Provider[]> = Promise.resolve(BUILT_IN);
  private asked = '';

  /** `load` gives the default export of a module. */
  constructor(load: (module: string) => Promise<unknown>) {
    this.load = load;
  }

  /** Loads what the settings name, and nothing where the workspace is not trusted. Tells whether that is news. */
  configure({ providers = [], trusted = false }: Settings): boolean {
    const wanted = trusted ? providers : [];
    const key = JSON.stringify(wanted);
    if (key === this.asked) return false;
    this.asked = key;
    this.loading = Promise.all(wanted.map((module) => this.loadOne(module)));
    this.all = this.loading.then((loaded) => [
      ...loaded.flatMap(({ provider }) => provider ?? []),
      ...BUILT_IN.filter(({ id }) => !loaded.some((one) => one.provider?.id === id)),
    ]);
    return true;
  }

  /** Those that work: the named ones are asked before those that are built in. The same list until they change. */
  list(): Promise<readonly Provider[]> {
    return this.all;
  }

  /** What did not load, in words. */
  async failures(): Promise<string[]> {
    return (await this.loading).flatMap(({ module, failure }) =>
      failure === undefined ? [] : [`provider ${module}: ${failure}`],
    );
  }

  async view(): Promise<ProviderView[]> {
    const loaded = await this.loading;
    const named = loaded.map(({ module, provider, failure = '' }) =>
      provider
        ? { ...viewOf(provider), module }
        : { id: module, title: module, module, failure, registers: [], canSimulate: false },
    );
    return [...named, ...BUILT_IN.map(viewOf)];
  }

  private async loadOne(module: string): Promise<Loaded> {
    try {
      const provider = await this.load(module);
      assertProvider(provider);
      return { module, provider };
    } catch (error) {
      return { module, failure: error instanceof Error ? error.message : String(error) };
    }
  }
}
