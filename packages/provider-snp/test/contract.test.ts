/** The provider keeps the contract, in every form of report. */
import { providerChecks } from '@tsm/core/testing';
import { describe, test } from 'vitest';
import { createSnp } from '../src/index.ts';
import { FORMS } from './support/guests.ts';

describe.each(FORMS)('$title', (form) => {
  for (const { name, run } of providerChecks(createSnp(form))) test(name, run);
});

describe('above VMPL 0', () => {
  for (const { name, run } of providerChecks(createSnp({ vmpl: 2 }))) test(name, run);
});
