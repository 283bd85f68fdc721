// @ts-check
/**
 * Makes the RSA keys of the SEV-SNP test root and of its vTPM anew, and writes them as source. Run it only to replace them: what was
 * minted before stops verifying under the new root.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { ROOT } from './lib/run.mjs';

/** Bits of each key: AMD's authorities sign with RSA-4096, a vTPM of Azure with RSA-2048. */
const ROLES = { ark: 4096, ask: 4096, asvk: 4096, ak: 2048 };

const keys = Object.entries(ROLES).map(([role, modulusLength]) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent: 65537 });
  const { p = '', q = '' } = privateKey.export({ format: 'jwk' });
  const hex = (/** @type {string} */ text) => Buffer.from(text, 'base64url').toString('hex');
  return `${role}: { p: '${hex(p)}', q: '${hex(q)}' },`;
});

const source = `/** INSECURE TEST KEYS, known to everyone: the primes of the test root's RSA-4096 keys, and of the vTPM's RSA-2048 key. Made by tools/gen-snp-test-keys.mjs. */
import type { RsaPrimes } from './rsa.ts';

export const INSECURE_TEST_KEYS = {
${keys.join('\n')}
} as const satisfies Readonly<Record<string, RsaPrimes>>;
`;

const settings = /** @type {import('prettier').Options} */ (
  JSON.parse(readFileSync(path.join(ROOT, '.prettierrc.json'), 'utf8'))
);
const file = path.join(ROOT, 'packages/provider-snp/src/pki/test-keys.ts');
writeFileSync(file, await format(source, { ...settings, parser: 'typescript' }));
