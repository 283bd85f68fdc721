/** TCB level matching, held against an oracle that was written from Intel's procedure step by step, over generated levels. */
import { seededRandom, type Random } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import type { SvnLevel, TcbInfo, TcbLevel } from '../src/verify/tcb-info.ts';
import { evaluateTcb, expectedModule, type PlatformSvns } from '../src/verify/tcb-level.ts';
import {
  LEVEL_STATUSES,
  MODULE_STATUSES,
  type LevelStatus,
  type ModuleStatus,
  type TcbStatus,
} from '../src/verify/tcb-status.ts';

const DATE = new Date('2026-01-01T00:00:00Z');
const zeros = (size: number): Uint8Array => new Uint8Array(size);
const svns = (...head: number[]): number[] => [...head, ...Array<number>(16 - head.length).fill(0)];
const bytes = (...head: number[]): Uint8Array => Uint8Array.from(svns(...head));

function level(sgx: number[], pceSvn: number, tdx: number[], status: LevelStatus): TcbLevel {
  const components = { sgxComponents: svns(...sgx), tdxComponents: svns(...tdx) };
  return { ...components, pceSvn, status, date: DATE, advisories: [] };
}

function moduleLevels(...levels: [isvSvn: number, status: ModuleStatus][]): SvnLevel<ModuleStatus>[] {
  return levels.map(([isvSvn, status]) => ({ isvSvn, status, date: DATE, advisories: [] }));
}

const MODULE = { mrSigner: zeros(48), attributes: zeros(8) };

function info(levels: TcbLevel[], modules: Record<string, SvnLevel<ModuleStatus>[]> = {}): TcbInfo {
  return {
    ...{ fmspc: zeros(6), pceId: zeros(2), issueDate: DATE, nextUpdate: DATE, evaluationDataNumber: 1 },
    ...{ module: MODULE, levels },
    moduleIdentities: Object.entries(modules).map(([id, one]) => ({ id, ...MODULE, levels: one })),
  };
}

/** Intel's procedure as nested steps; a number for each part, no helper of the code under test. */
function oracle(platform: PlatformSvns, tcb: TcbInfo, qe: ModuleStatus | 'NotSupported' | undefined): string {
  const { cpuSvn, pceSvn, teeTcbSvn: svn, teeTcbSvn2: svn2 } = platform;
  let sgx: TcbLevel | undefined;
  let tdx: TcbLevel | undefined;
  for (const one of tcb.levels) {
    let fits = pceSvn >= one.pceSvn;
    for (let i = 0; i < 16; i++) if (cpuSvn[i]! < one.sgxComponents[i]!) fits = false;
    if (!fits) continue;
    sgx ??= one;
    let tdxFits = true;
    for (let i = svn[1]! > 0 ? 2 : 0; i < 16; i++) if (svn[i]! < one.tdxComponents[i]!) tdxFits = false;
    if (tdxFits) {
      tdx = one;
      break;
    }
  }
  if (!sgx || !tdx) return 'NotSupported';
  const identity = (major: number) =>
    tcb.moduleIdentities.find(({ id }) => Number.parseInt(id.slice(4), 16) === major);
  let module: string = 'UpToDate';
  if (svn[1]! > 0) {
    module = 'NotSupported';
    for (const one of identity(svn[1]!)?.levels ?? []) {
      if (svn[0]! >= one.isvSvn) {
        module = one.status;
        break;
      }
    }
  }
  if (module === 'NotSupported') return module;
  const merge = (whole: string, part: string): string => {
    if (part === 'OutOfDate' && (whole === 'UpToDate' || whole === 'SWHardeningNeeded')) return 'OutOfDate';
    if (
      part === 'OutOfDate' &&
      (whole === 'ConfigurationNeeded' || whole === 'ConfigurationAndSWHardeningNeeded')
    )
      return 'OutOfDateConfigurationNeeded';
    if (part === 'Revoked' || part === 'NotSupported') return part;
    return whole;
  };
  let result = merge(tdx.status, module);
  if (result === 'Revoked') return result;
  const qeGood = qe !== 'OutOfDate' && qe !== 'Revoked' && qe !== 'NotSupported';
  const sgxGood = [
    'UpToDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
  ];
  if (
    svn2 &&
    qeGood &&
    sgxGood.includes(sgx.status) &&
    result.startsWith('OutOfDate') &&
    module === 'OutOfDate'
  ) {
    const newest = svn2[1] === 0 ? tcb.levels[0]!.tdxComponents[0] : identity(svn2[1]!)?.levels[0]?.isvSvn;
    if (newest === undefined) return 'NotSupported';
    if (svn2[0]! >= newest && svn2[2]! >= tcb.levels[0]!.tdxComponents[2]!) {
      const configuration = /Configuration/.test(sgx.status) || /Configuration/.test(result);
      result = configuration ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised';
    }
  }
  return qe === undefined ? result : merge(result, qe);
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!;

/** Small numbers, so that levels are met, missed and equalled all the time. */
function generated(random: Random): { platform: PlatformSvns; tcb: TcbInfo } {
  const small = (): number => random(4);
  const levels = Array.from({ length: 1 + random(4) }, () =>
    level([small(), small()], small(), [small(), 0, small()], pick(random, LEVEL_STATUSES)),
  ).sort((a, b) => {
    const rank = ({ sgxComponents, tdxComponents, pceSvn }: TcbLevel): string =>
      [...sgxComponents, ...tdxComponents, pceSvn].join('');
    return rank(a) < rank(b) ? 1 : -1;
  });
  const some = (): SvnLevel<ModuleStatus>[] =>
    moduleLevels(
      ...Array.from({ length: random(4) }, (_, i): [number, ModuleStatus] => [
        3 - i,
        pick(random, MODULE_STATUSES),
      ]),
    );
  const svn = (): Uint8Array => bytes(small(), random(3), small());
  const platform = {
    ...{ cpuSvn: bytes(small() + 1, small() + 1), pceSvn: small() + 1, teeTcbSvn: svn() },
    teeTcbSvn2: random(3) === 0 ? undefined : svn(),
  };
  return { platform, tcb: info(levels, { TDX_01: some(), ...(random(2) === 0 && { TDX_02: some() }) }) };
}

test('agrees with the oracle on 40,000 generated platforms, and each status occurs', () => {
  const random = seededRandom(2026);
  const seen = new Map<string, number>();
  const wrong: unknown[] = [];
  for (let round = 0; round < 40_000; round++) {
    const { platform, tcb } = generated(random);
    const qe = pick(random, [undefined, ...MODULE_STATUSES, 'NotSupported' as const]);
    const expected = oracle(platform, tcb, qe);
    const { status } = evaluateTcb(platform, tcb, qe);
    if (status !== expected) wrong.push({ round, expected, status });
    seen.set(expected, (seen.get(expected) ?? 0) + 1);
  }
  expect(wrong).toEqual([]);
  const every: TcbStatus[] = [
    ...LEVEL_STATUSES,
    ...(['TDRelaunchAdvised', 'TDRelaunchAdvisedConfigurationNeeded', 'NotSupported'] as const),
  ];
  expect([...seen.keys()].sort()).toEqual([...every].sort());
  expect(Math.min(...seen.values())).toBeGreaterThan(10);
});

const LEVELS = [
  level([3, 3], 11, [5, 0, 2], 'UpToDate'),
  level([3, 3], 5, [5, 0, 2], 'OutOfDate'),
  level([2, 2], 5, [3, 0, 1], 'OutOfDateConfigurationNeeded'),
];
const MODULES = { TDX_01: moduleLevels([5, 'UpToDate'], [4, 'OutOfDate'], [2, 'Revoked']) };
const TCB = info(LEVELS, MODULES);
const platform = (changes: Partial<PlatformSvns> = {}): PlatformSvns => ({
  ...{ cpuSvn: bytes(3, 3), pceSvn: 11, teeTcbSvn: bytes(5, 1, 2) },
  ...changes,
});

type Row = [what: string, platform: PlatformSvns, qe: ModuleStatus | 'NotSupported', status: TcbStatus];

const ROWS: Row[] = [
  ['everything equal', platform(), 'UpToDate', 'UpToDate'],
  [
    'everything above',
    platform({ cpuSvn: bytes(9, 9), pceSvn: 99, teeTcbSvn: bytes(9, 1, 9) }),
    'UpToDate',
    'UpToDate',
  ],
  ['an old PCE', platform({ pceSvn: 10 }), 'UpToDate', 'OutOfDate'],
  ['one old component', platform({ cpuSvn: bytes(9, 2) }), 'UpToDate', 'OutOfDateConfigurationNeeded'],
  ['a component below every level', platform({ cpuSvn: bytes(9, 1) }), 'UpToDate', 'NotSupported'],
  ['a PCE below every level', platform({ pceSvn: 4 }), 'UpToDate', 'NotSupported'],
  [
    'module 1: components 0 and 1 are not compared',
    platform({ teeTcbSvn: bytes(5, 1, 2) }),
    'UpToDate',
    'UpToDate',
  ],
  [
    'module 1: component 2 is compared',
    platform({ teeTcbSvn: bytes(5, 1, 1) }),
    'UpToDate',
    'OutOfDateConfigurationNeeded',
  ],
  [
    'module 0: component 0 is compared',
    platform({ teeTcbSvn: bytes(4, 0, 2) }),
    'UpToDate',
    'OutOfDateConfigurationNeeded',
  ],
  ['module 0: below every level', platform({ teeTcbSvn: bytes(2, 0, 2) }), 'UpToDate', 'NotSupported'],
  ['an old module', platform({ teeTcbSvn: bytes(4, 1, 2) }), 'UpToDate', 'OutOfDate'],
  ['a revoked module', platform({ teeTcbSvn: bytes(3, 1, 2) }), 'UpToDate', 'Revoked'],
  ['a module below every level', platform({ teeTcbSvn: bytes(1, 1, 2) }), 'UpToDate', 'NotSupported'],
  ['a module that is not listed', platform({ teeTcbSvn: bytes(5, 2, 2) }), 'UpToDate', 'NotSupported'],
  ['an old quoting enclave', platform(), 'OutOfDate', 'OutOfDate'],
  ['a revoked quoting enclave', platform(), 'Revoked', 'Revoked'],
  ['a quoting enclave below every level', platform(), 'NotSupported', 'NotSupported'],
  [
    'an old module, TD 1.5, the newest runs',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 1, 2) }),
    'UpToDate',
    'TDRelaunchAdvised',
  ],
  [
    'an old module, TD 1.5, which still runs',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(4, 1, 2) }),
    'UpToDate',
    'OutOfDate',
  ],
  [
    'the newest runs on old microcode',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 1, 1) }),
    'UpToDate',
    'OutOfDate',
  ],
  [
    'no relaunch helps an old quoting enclave',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 1, 2) }),
    'OutOfDate',
    'OutOfDate',
  ],
  [
    'no relaunch helps an old PCE',
    platform({ pceSvn: 10, teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 1, 2) }),
    'UpToDate',
    'OutOfDate',
  ],
  [
    'a module of version 0 runs now',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 0, 2) }),
    'UpToDate',
    'TDRelaunchAdvised',
  ],
  [
    'a module that is not listed runs now',
    platform({ teeTcbSvn: bytes(4, 1, 2), teeTcbSvn2: bytes(5, 9, 2) }),
    'UpToDate',
    'NotSupported',
  ],
];

describe('one rule at a time', () => {
  test.each(ROWS)('%s', (_, one, qe, status) => {
    expect(evaluateTcb(one, TCB, qe).status).toBe(status);
    expect(oracle(one, TCB, qe)).toBe(status);
  });

  test('the SGX level is the first that CPUSVN and PCESVN reach, the TDX level may be a later one', () => {
    const { sgxLevel, tdxLevel, moduleLevel } = evaluateTcb(
      platform({ teeTcbSvn: bytes(5, 1, 1) }),
      TCB,
      'UpToDate',
    );
    expect([sgxLevel, tdxLevel]).toEqual([LEVELS[0], LEVELS[2]]);
    expect(moduleLevel?.isvSvn).toBe(5);
  });

  test('the identity of a module is found by its major version in hex', () => {
    const tcb = info(LEVELS, { TDX_0A: moduleLevels([1, 'UpToDate']) });
    expect(expectedModule(tcb, bytes(1, 10))).toBe(tcb.moduleIdentities[0]);
    expect(expectedModule(tcb, bytes(1, 16))).toBeUndefined();
    expect(expectedModule(tcb, bytes(1, 0))).toBe(tcb.module);
  });
});
