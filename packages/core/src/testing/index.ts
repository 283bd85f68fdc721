/** Checks that any provider author runs, with any test runner: each check is a name and a function that throws. */
export { layoutChecks, sampleValue } from './layout-checks.ts';
export { providerChecks, type ProviderFixtures } from './provider-checks.ts';
export { seededRandom, type Check, type Random } from './random.ts';
