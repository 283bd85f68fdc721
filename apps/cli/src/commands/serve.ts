/** `tsm serve`: machines for editors on a socket, and one of them for containers over HTTP. */
import { serveState, type Serving } from '@tsm/host';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { stateOf } from './machine.ts';

export interface ServeCommandOptions {
  readonly state?: string;
  readonly socket?: string;
  readonly http?: string;
  readonly machine?: string;
}

const LAST_PORT = 65_535;

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= LAST_PORT) return port;
  throw usage(`--http ${text}: expected a port, such as 8006; 0 takes one that is free`);
}

/** Until it is stopped; no file is left. */
async function untilStopped(serving: Serving, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  await serving.stop();
}

export async function serve(cli: Cli, options: ServeCommandOptions): Promise<Outcome> {
  const { socket, http: port, machine } = options;
  if (machine !== undefined && port === undefined)
    throw usage('--machine is what --http serves', 'the socket serves all machines: leave it out');
  const http = port === undefined ? undefined : { port: portOf(port), version: cli.version };
  const signal = cli.io.interrupted();
  const state = stateOf(cli, options);
  const serving = await serveState(state, {
    ...(socket === undefined ? {} : { socket }),
    ...(http ? { http: machine === undefined ? http : { ...http, machine } } : {}),
  });
  cli.say(`  ${cli.style.strong('socket')}  ${serving.socket}`);
  cli.say(`  ${cli.style.quiet(`all machines of ${state.path}, JSON-RPC`)}`);
  if (serving.http) {
    cli.say(`  ${cli.style.strong('http')}    ${serving.http.url}`);
    cli.say(
      `  ${cli.style.quiet(`${serving.http.machine}, as the attestation agent: /aa/evidence, /aa/aael`)}`,
    );
  }
  cli.say(cli.style.quiet('  Ctrl-C ends it'));
  const json = { socket: serving.socket, state: state.path, http: serving.http ?? null };
  return { json, exit: EXIT.ok, serving: untilStopped(serving, signal) };
}
