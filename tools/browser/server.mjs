// @ts-check
/** A server on the loopback interface that gives each script a page, under each of the content policies. */
import { createServer } from 'node:http';

/** Both forbid `eval`; the second one lets WebAssembly be compiled. */
const POLICIES = {
  strict: "default-src 'none'; script-src 'self'",
  wasm: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
};

/** @typedef {keyof typeof POLICIES} PolicyName */

/** @type {Record<string, (name: string, code: string) => [type: string, body: string]>} */
const PATHS = {
  js: (_, code) => ['text/javascript', code],
  // The same script in a page, and in a module worker that a page starts.
  html: (name) => ['text/html', `<!doctype html><script type="module" src="${name}.js"></script>`],
  worker: (name) => ['text/html', `<!doctype html><script type="module" src="${name}.start"></script>`],
  start: (name) => ['text/javascript', `new Worker('${name}.js', { type: 'module' });`],
};

/**
 * Paths are `/POLICY/NAME.html` for a page that runs the script, `/POLICY/NAME.worker` for one that runs it in a worker.
 * @param {Record<string, string>} scripts code by name
 */
export const serve = async (scripts) => {
  const server = createServer((request, response) => {
    const [, policy = '', name = '', form = ''] = /^\/(\w+)\/([\w-]+)\.(\w+)$/.exec(request.url ?? '') ?? [];
    const code = scripts[name];
    const csp = POLICIES[/** @type {PolicyName} */ (policy)];
    const page = PATHS[form];
    if (code === undefined || !csp || !page) {
      response.writeHead(404).end();
      return;
    }
    const [type, body] = page(name, code);
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': csp });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    /** @type {(policy: PolicyName, name: string, where?: 'page' | 'worker') => string} */
    url: (policy, name, where = 'page') =>
      `http://127.0.0.1:${port}/${policy}/${name}.${where === 'page' ? 'html' : 'worker'}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};
