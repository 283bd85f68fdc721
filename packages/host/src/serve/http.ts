/** The REST server for containers: on this computer only, and not for web pages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { TsmError } from '@tsm/core';
import { codeOf } from '../state/errors.ts';
import { agentEvidence, recordAgentEvent, runtimeData } from './agent.ts';
import type { Machines } from './machines.ts';

const LOOPBACK = '127.0.0.1';
/** Largest body in bytes. */
const BODY_MAX = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What the agent gives as bytes. */
const octets = (value: object): Answer => ({
  ...{ status: 200, type: 'application/octet-stream', body: JSON.stringify(value) },
});
const json = (status: number, value: object): Answer => ({
  ...{ status, type: 'application/json', body: `${JSON.stringify(value)}\n` },
});
const problem = (status: number, code: string, message: string): Answer =>
  json(status, { error: { code, message } });

/** Refusals of the machine by what they mean over HTTP; anything else is a fault of the server. */
const STATUS: Readonly<Record<string, number>> = {
  ...{ EINVAL: 400, EFBIG: 400, ENOENT: 404, EOPNOTSUPP: 501, ENXIO: 501, ENODEV: 501 },
  ...{ EBUSY: 503, ENOSPC: 507, EDQUOT: 507 },
};

function refused(error: unknown): Answer {
  const code = codeOf(error) ?? 'internal';
  const message = error instanceof Error ? error.message : String(error);
  return problem(STATUS[code] ?? 500, code, message);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_MAX) throw new TsmError('EINVAL', `body: expected at most ${BODY_MAX} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new TsmError('EINVAL', 'body: expected JSON with domain, operation and content');
  }
}

interface Setting {
  readonly machines: Machines;
  /** Name of the machine. */
  readonly machine: string;
  /** Of this program. */
  readonly version: string;
}

type Route = (setting: Setting, url: URL, request: IncomingMessage) => Promise<Answer> | Answer;

const ROUTES: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly route: Route }>> = {
  '/aa/evidence': {
    method: 'GET',
    route: ({ machines, machine }, { searchParams }) =>
      machines.use(machine, (opened) => octets(agentEvidence(opened, runtimeData(searchParams)))),
  },
  '/aa/aael': {
    method: 'POST',
    route: async ({ machines, machine }, _url, request) => {
      const body = await bodyOf(request);
      return machines.use(machine, (opened) => {
        recordAgentEvent(opened, body);
        return { status: 200, type: 'text/plain', body: '' };
      });
    },
  },
  '/aa/token': {
    method: 'GET',
    route: () =>
      problem(
        501,
        'EOPNOTSUPP',
        'a token comes from a key broker service, and none knows this machine — take /aa/evidence, and verify it with: tsm verify',
      ),
  },
  '/info': {
    method: 'GET',
    route: ({ machines, machine, version }) =>
      machines.use(machine, ({ provider: { id } }) =>
        json(200, { version, tee: id, additional_tees: [], feature: 'attestation' }),
      ),
  },
};

/** A web page may reach loopback too: by a name of its own that leads here, or from another origin. */
function isForeign({ headers: { host, origin } }: IncomingMessage): boolean {
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/;
  return !local.test(host ?? '') || (origin !== undefined && !local.test(origin.replace(/^https?:\/\//, '')));
}

async function answer(setting: Setting, request: IncomingMessage): Promise<Answer> {
  if (isForeign(request)) return problem(403, 'EPERM', 'only programs on this computer are answered');
  const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  const found = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
  if (!found)
    return problem(404, 'ENOENT', `no ${url.pathname}: there are ${Object.keys(ROUTES).join(', ')}`);
  if (request.method !== found.method)
    return problem(405, 'EINVAL', `${url.pathname} takes ${found.method} alone`);
  try {
    return await found.route(setting, url, request);
  } catch (error) {
    return refused(error);
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

export interface HttpServing {
  readonly url: string;
  stop(): Promise<void>;
}

/** Port 0: any that is free. `EADDRINUSE`, `EACCES`. */
export async function serveHttp(port: number, setting: Setting): Promise<HttpServing> {
  const server = createServer((request, response) => {
    void answer(setting, request).then((one) => {
      send(response, one);
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', (error) => {
      const code = codeOf(error) ?? 'EIO';
      fail(
        new TsmError(
          code,
          `port ${port} of ${LOOPBACK} cannot be had (${code}) — choose another with --http`,
        ),
      );
    });
    server.listen(port, LOOPBACK, done);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  const stop = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => {
        done();
      });
      server.closeAllConnections();
    });
  return { url: `http://${LOOPBACK}:${taken}`, stop };
}
