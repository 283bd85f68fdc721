/** The provider keeps the contract, in each implementation, certificate and hash. */
import { providerChecks } from '@tsm/core/testing';
import { describe, test } from 'vitest';
import { createCove, type CoveOptions } from '../src/index.ts';

const forms: readonly (readonly [string, CoveOptions])[] = [
  ['specification, CBOR certificate', {}],
  ['specification, X.509 certificate', { certificate: 'x509' }],
  ['specification, SHA-512', { hash: 'sha512' }],
  ['salus', { implementation: 'salus' }],
];

describe.each(forms)('%s', (_, options) => {
  for (const { name, run } of providerChecks(createCove(options))) test(name, run);
});
