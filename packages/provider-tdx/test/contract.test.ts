/** The provider keeps the contract, in every form of quote. */
import { providerChecks } from '@tsm/core/testing';
import { describe, test } from 'vitest';
import { createTdx } from '../src/index.ts';

const forms = ([4, 5] as const).flatMap((quoteVersion) =>
  (['1.0', '1.5'] as const).map((tdVersion) => ({ quoteVersion, tdVersion })),
);

describe.each(forms)('quote v$quoteVersion, TD $tdVersion', (form) => {
  for (const { name, run } of providerChecks(createTdx(form))) test(name, run);
});
