/** The provider keeps the contract, in every form of token. */
import { providerChecks } from '@tsm/core/testing';
import { describe, test } from 'vitest';
import { createCca } from '../src/index.ts';
import { FORMS } from './support/tokens.ts';

// Each profile in both outer forms, and each hash in two of them.
const forms = FORMS.filter((_, i) => i % 4 === 0 || i % 7 === 0);

describe.each(forms)('profile $profile, tag $form, $hashAlgorithm', (form) => {
  for (const { name, run } of providerChecks(createCca(form))) test(name, run);
});
