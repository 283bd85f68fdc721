/** Guests to test with, each in the forms that the model has. */
import { portableDigests, utf8Bytes, type Launch, type VerifyOptions } from '@tsm/core';
import { createSnp, type SnpOptions } from '../../src/index.ts';

export const tools = { digests: portableDigests };
export const launch: Launch = { seed: utf8Bytes('seed'), now: new Date('2026-03-01T12:00:00Z') };
export const inblob = Uint8Array.from({ length: 64 }, (_, i) => i);

/** Every product, version and signing key at least once. */
export const FORMS: readonly (SnpOptions & { readonly title: string })[] = [
  { title: 'Milan v2 VCEK', product: 'Milan', reportVersion: 2 },
  { title: 'Milan v3 VLEK', product: 'Milan', reportVersion: 3, signingKey: 'vlek' },
  { title: 'Genoa v3 VCEK', product: 'Genoa', reportVersion: 3 },
  { title: 'Genoa v5 VLEK', product: 'Genoa', reportVersion: 5, signingKey: 'vlek' },
  { title: 'Turin v3 VCEK masked', product: 'Turin', reportVersion: 3, maskChipId: true },
  { title: 'Turin v5 VCEK', product: 'Turin', reportVersion: 5 },
];

export interface Minted {
  readonly outblob: Uint8Array;
  readonly auxblob: Uint8Array;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What accepts the report: all collateral, and the test root. */
  readonly options: VerifyOptions;
}

/** One report, and what a verifier needs for it. */
export function mint(form: SnpOptions = {}, changes: Partial<Launch> = {}): Minted {
  const now = changes.now ?? launch.now;
  const model = createSnp(form).model({ ...launch, ...changes }, tools);
  const { outblob, auxblob = new Uint8Array(0) } = model.report({ inblob });
  const { files, trustAnchors } = model.collateral();
  return { outblob, auxblob, files, options: { now, collateral: Object.values(files), trustAnchors } };
}
