/** What a report says, by name, for policies. Names are those of AMD's document, in camel case. */
import type { ClaimValue, Claims } from '@tsm/core';
import { PLATFORM_INFO, POLICY_FLAGS } from './layout/policy.ts';
import { SIGNING_KEY, type AttestationReport } from './layout/report.ts';
import type { Product } from './products.ts';
import type { WireTcb } from './layout/tcb.ts';
import { tcbOf } from './tcb.ts';
import type { VekKind } from './vek-extension.ts';

/** AUTHOR_KEY_EN, MASK_CHIP_KEY and SIGNING_KEY of the word at 0x48. */
export interface KeyInfo {
  readonly authorKeyEn: boolean;
  readonly maskChipKey: boolean;
  readonly signingKey: VekKind | 'none' | 'reserved';
}

const SIGNING_KEYS = new Map<number, KeyInfo['signingKey']>([
  [SIGNING_KEY.VCEK, 'vcek'],
  [SIGNING_KEY.VLEK, 'vlek'],
  [SIGNING_KEY.NONE, 'none'],
]);

export function keyInfoOf({ keyInfo }: Pick<AttestationReport, 'keyInfo'>): KeyInfo {
  return {
    authorKeyEn: (keyInfo & 1) !== 0,
    maskChipKey: (keyInfo & 2) !== 0,
    signingKey: SIGNING_KEYS.get((keyInfo >> 2) & 7) ?? 'reserved',
  };
}

export function allowsDebug({ policy }: Pick<AttestationReport, 'policy'>): boolean {
  return (policy.flags & (1 << POLICY_FLAGS.DEBUG)) !== 0;
}

/** `SINGLE_SOCKET` → `singleSocket`. */
function camel(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Claim and bit of each flag. */
function flagNames(prefix: string, table: Readonly<Record<string, number>>): [string, bigint][] {
  return Object.entries(table)
    .filter(([name]) => name !== 'MUST_BE_ONE')
    .map(([name, bit]) => [`${prefix}.${camel(name)}`, 1n << BigInt(bit)]);
}

const POLICY_CLAIMS = /* @__PURE__ */ flagNames('policy', POLICY_FLAGS);
const PLATFORM_CLAIMS = /* @__PURE__ */ flagNames('platformInfo', PLATFORM_INFO);

function flagClaims(names: readonly [string, bigint][], value: number | bigint): [string, boolean][] {
  const bits = BigInt(value);
  return names.map(([name, bit]) => [name, (bits & bit) !== 0n]);
}

function tcbClaims(prefix: string, wire: WireTcb): [string, number][] {
  return Object.entries(tcbOf(wire)).map(([part, value]) => [`${prefix}.${part}`, value as number]);
}

/** A field that only later versions have is a number there, and reserved bytes before. */
function present(name: string, value: number | bigint | Uint8Array): [string, ClaimValue][] {
  return value instanceof Uint8Array ? [] : [[name, value]];
}

/** `tcb.*` is REPORTED_TCB, which the signing key stands for. */
export function claimsOf(report: AttestationReport, product: Product | undefined): Claims {
  const { policy, platformInfo } = report;
  return Object.fromEntries<ClaimValue>([
    ['debug', allowsDebug(report)],
    ['version', report.version],
    ...(product ? ([['product', product.name]] as const) : []),
    ...present('cpuid.family', report.cpuidFamily),
    ...present('cpuid.model', report.cpuidModel),
    ...present('cpuid.stepping', report.cpuidStepping),
    ['guestSvn', report.guestSvn],
    ['familyId', report.familyId],
    ['imageId', report.imageId],
    ['vmpl', report.vmpl],
    ['policy.abiMajor', policy.abiMajor],
    ['policy.abiMinor', policy.abiMinor],
    ...flagClaims(POLICY_CLAIMS, policy.flags),
    ...flagClaims(PLATFORM_CLAIMS, platformInfo),
    ...Object.entries(keyInfoOf(report)),
    ...tcbClaims('tcb', report.reportedTcb),
    ...tcbClaims('currentTcb', report.currentTcb),
    ...tcbClaims('committedTcb', report.committedTcb),
    ...tcbClaims('launchTcb', report.launchTcb),
    ['currentVersion', [report.currentMajor, report.currentMinor, report.currentBuild].join('.')],
    ['committedVersion', [report.committedMajor, report.committedMinor, report.committedBuild].join('.')],
    ['chipId', report.chipId],
    ['reportId', report.reportId],
    ['reportIdMa', report.reportIdMa],
    ...present('launchMitVector', report.launchMitVector),
    ...present('currentMitVector', report.currentMitVector),
  ]);
}
