/** A guest over a machine that others may change as well, for the thread that serves it. */
import { createGuest, errno, type Clock, type Guest } from '@tsm/abi';
import { assertProvider, TsmError, type Model, type Provider, type TextLog } from '@tsm/core';
import { openSharedMachine, type SharedMachine } from '@tsm/machine';
import { nodeDigests } from '../digests.ts';
import { nodeSigner } from '../signer.ts';
import { openMachineFile } from '../state/open.ts';
import type { Served } from './messages.ts';

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** The computer's own clock: who waits on it stops the thread. */
const CLOCK: Clock = {
  now: () => performance.now(),
  sleep(milliseconds) {
    Atomics.wait(NEVER, 0, 0, milliseconds);
    return true;
  },
};

async function loadProvider(url: string): Promise<Provider> {
  const { default: provider } = (await import(url)) as { default?: unknown };
  try {
    assertProvider(provider);
    return provider;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TsmError('provider.invalid', `${url} has no provider as its default export — ${why}`);
  }
}

/** The model without its extends. */
function readOnly(model: Model): Model {
  return new Proxy(model, {
    get(target, key) {
      if (key !== 'extend') return Reflect.get(target, key, target) as unknown;
      return (register: string): never => {
        throw errno('EPERM', `${register}: this tree is read-only`);
      };
    },
  });
}

/** The logs without a way to write. */
function readOnlyLog(textLog: TextLog): TextLog {
  const append = (register: string): never => {
    throw errno('EPERM', `${register}: this tree is read-only`);
  };
  return { ...textLog, append };
}

export interface ServedGuest {
  readonly guest: Guest;
  readonly machine: SharedMachine;
}

/** Rejects with what the provider or the journal refuses. */
export async function openGuest({
  provider: url,
  machine: from,
  profile,
  ...rest
}: Served): Promise<ServedGuest> {
  const provider = await loadProvider(url);
  const digests = nodeDigests();
  const tools = { digests, signer: nodeSigner() };
  const machine =
    'journal' in from
      ? openMachineFile(from.journal, provider, tools)
      : openSharedMachine(provider, [from.created], undefined, tools);
  const firmwareLog = machine.firmwareLog();
  const guest = createGuest({
    ...{ clock: CLOCK, digests },
    ...(profile === undefined ? {} : { profile }),
    ...(firmwareLog ? { firmwareLog } : {}),
  });
  const { model, textLog } = machine;
  if (rest.readOnly === true) guest.plug(provider, readOnly(model), { textLog: readOnlyLog(textLog) });
  else guest.plug(provider, model, { textLog });
  machine.subscribe(guest.changed);
  return { guest, machine };
}
