/** Minted quotes with their collateral, and what a verdict says of them. */
import {
  firstFailure,
  portableDigests,
  type Check,
  type Launch,
  type MintedCollateral,
  type Verdict,
  type VerifyOptions,
} from '@tsm/core';
import { createTdx, type TdxOptions } from '../../src/index.ts';

export const LAUNCH: Launch = { seed: new Uint8Array(32).fill(3), now: new Date('2026-03-01T00:00:00Z') };
/** A day after the launch. */
export const NOW = new Date('2026-03-02T00:00:00Z');
export const REPORT_DATA = Uint8Array.from({ length: 64 }, (_, i) => i);

export interface Minted {
  readonly quote: Uint8Array;
  readonly collateral: MintedCollateral;
  /** With the test root and all the collateral, unless told otherwise. */
  readonly verify: (changes?: Partial<VerifyOptions>, quote?: Uint8Array) => Promise<Verdict>;
}

export function mint(options: TdxOptions = {}, launch: Partial<Launch> = {}): Minted {
  const tdx = createTdx(options);
  const model = tdx.model({ ...LAUNCH, ...launch }, { digests: portableDigests });
  const quote = model.report({ inblob: REPORT_DATA }).outblob;
  const collateral = model.collateral();
  const { files, trustAnchors } = collateral;
  return {
    quote,
    collateral,
    verify: (changes, bytes = quote) =>
      tdx.verify(bytes, { now: NOW, collateral: Object.values(files), trustAnchors, ...changes }),
  };
}

export function allChecks(checks: readonly Check[]): Check[] {
  return checks.flatMap((check) => [check, ...allChecks(check.checks ?? [])]);
}

/** Status of a check by its id; undefined where it is not there. */
export function statusOf({ checks }: Verdict, id: string): string | undefined {
  return allChecks(checks).find((check) => check.id === id)?.status;
}

/** Ids of the checks that failed, without the groups around them. */
export function failures({ checks }: Verdict): string[] {
  return allChecks(checks)
    .filter(({ status, checks: inner }) => status === 'fail' && !inner)
    .map(({ id }) => id);
}

/** Ids of the checks that were skipped, without the groups around them. */
export function skips({ checks }: Verdict): string[] {
  return allChecks(checks)
    .filter(({ status, checks: inner }) => status === 'skipped' && !inner)
    .map(({ id }) => id);
}

export function whyFailed({ checks }: Verdict): string | undefined {
  return firstFailure(checks)?.id;
}
