/** `tsm serve`: the machines of a state directory for editors, on a socket, and one of them for containers, over HTTP. */
import { TsmError } from '@tsm/core';
import type { StateDirectory } from '../state/state-directory.ts';
import { serveHttp } from './http.ts';
import { Machines } from './machines.ts';
import { serveConnection } from './session.ts';
import { listenAt, socketOf } from './socket.ts';

export interface ServeOptions {
  /** Path of the socket, or name of the pipe on Windows. Default: {@link socketOf} the state directory. */
  readonly socket?: string;
  /** The attestation agent's REST endpoints on 127.0.0.1. */
  readonly http?: {
    /** 0: any that is free. */
    readonly port: number;
    /** Default: the only machine there is. */
    readonly machine?: string;
    /** What `/info` gives as the version. */
    readonly version: string;
  };
}

export interface Serving {
  readonly socket: string;
  readonly http?: { readonly url: string; readonly machine: string };
  /** Ends all connections; no file is left. */
  stop(): Promise<void>;
}

function machineFor(state: StateDirectory, name: string | undefined): string {
  const names = state.list();
  const [only, ...more] = names;
  if (name === undefined && only !== undefined && more.length === 0) return only;
  if (name !== undefined && names.includes(name)) return name;
  const known = names.join(', ') || 'none yet, make one with: tsm machine new NAME';
  throw new TsmError(
    'ENOENT',
    `which machine is served over HTTP? give --machine NAME — there are: ${known}`,
  );
}

/** `EADDRINUSE` when a server answers there already, `EACCES` and others as the system refuses. */
export async function serveState(state: StateDirectory, options: ServeOptions = {}): Promise<Serving> {
  const { socket = socketOf(state.path), http } = options;
  const machine = http && machineFor(state, http.machine);
  const machines = new Machines(state);
  const close = await listenAt(socket, (one) => {
    serveConnection(one, machines);
  });
  if (!http || machine === undefined) return { socket, stop: close };
  try {
    const rest = await serveHttp(http.port, { machines, machine, version: http.version });
    const both = async (): Promise<void> => {
      await Promise.all([rest.stop(), close()]);
    };
    return { socket, http: { url: rest.url, machine }, stop: both };
  } catch (error) {
    await close();
    throw error;
  }
}
