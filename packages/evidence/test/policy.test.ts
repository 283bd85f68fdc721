/** Appraisal: every rule of a policy passes and fails where it should, and policies survive the formats of others. */
import { utf8Bytes, type Evidence } from '@tsm/core';
import {
  appraise,
  claimsOf,
  earOf,
  exportCorim,
  exportRvps,
  importCorim,
  importRvps,
  parsePolicy,
  POLICY_ISSUES,
  POLICY_SCHEMA,
  type AppraisalClaims,
  type Policy,
} from '@tsm/evidence';
import { describe, expect, test } from 'vitest';

const hex = (byte: string): string => byte.repeat(48);
const fill = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);

const CLAIMS: AppraisalClaims = {
  technology: 'tdx',
  tcbStatus: 'UpToDate',
  registers: [
    { name: 'mrtd', role: 'launch', value: fill(0x11) },
    { name: 'rtmr3', role: 'application', value: fill(0x33) },
  ],
  claims: {
    debug: false,
    'tcb.svn': [3, 5, 0],
    'tcb.date': '2026-01-01',
    fmspc: Uint8Array.of(0x54, 0x53, 0x4d, 0, 0, 0),
    attributes: Uint8Array.of(0, 0, 0, 0x10),
    advisories: ['INTEL-SA-00001', 'INTEL-SA-00002'],
    chip: 0xffff_ffff_ffff_ffffn,
    smt: true,
  },
};

/** Ids of the checks that failed. */
function failed(policy: Policy, claims = CLAIMS, now?: Date): string[] {
  const [group] = appraise(claims, policy, now).checks;
  return (group?.checks ?? []).filter(({ status }) => status === 'fail').map(({ id }) => id);
}

describe('appraise', () => {
  test('values that are right pass, and what has no reference value is said', () => {
    const policy: Policy = { version: 1, registers: { mrtd: [{ value: hex('22') }, { value: hex('11') }] } };
    const verdict = appraise(CLAIMS, policy);
    expect(verdict).toMatchObject({
      verdict: 'pass',
      technology: 'tdx',
      notChecked: [{ id: 'policy.register.rtmr3' }],
    });
  });

  test('a wrong register, by name and by role', () => {
    expect(failed({ version: 1, registers: { mrtd: [{ value: hex('22') }] } })).toEqual([
      'policy.register.mrtd',
    ]);
    expect(failed({ version: 1, roles: { launch: [{ value: hex('22') }] } })).toEqual(['policy.role.launch']);
    expect(failed({ version: 1, roles: { launch: [{ value: hex('11') }] } })).toEqual([]);
  });

  test('what the evidence lacks fails: a register, a role, a claim', () => {
    const policy: Policy = {
      version: 1,
      registers: { rem0: [{ value: hex('11') }] },
      roles: { firmware: [{ value: hex('11') }] },
      claims: { toString: { equals: 'x' } },
    };
    expect(failed(policy)).toEqual(['policy.register.rem0', 'policy.role.firmware', 'policy.claim.toString']);
  });

  test('debug is forbidden unless it is allowed, also where the evidence is silent', () => {
    const on = { ...CLAIMS, claims: { ...CLAIMS.claims, debug: true } };
    const silent = { ...CLAIMS, claims: {} };
    expect(failed({ version: 1 }, on)).toEqual(['policy.debug']);
    expect(failed({ version: 1 }, silent)).toEqual(['policy.debug']);
    expect(failed({ version: 1, debug: 'allow', technologies: ['tdx'] }, on)).toEqual([]);
  });

  test('technology and status of the TCB', () => {
    expect(failed({ version: 1, technologies: ['snp', 'cca'] })).toEqual(['policy.technology']);
    expect(failed({ version: 1, tcbStatus: ['SWHardeningNeeded'] })).toEqual(['policy.tcb-status']);
    expect(failed({ version: 1, tcbStatus: ['UpToDate'] }, { ...CLAIMS, tcbStatus: undefined })).toEqual([
      'policy.tcb-status',
    ]);
  });

  test('a policy that says nothing is inconclusive, never a pass', () => {
    expect(appraise(CLAIMS, { version: 1, debug: 'allow' }).verdict).toBe('inconclusive');
  });

  test('a value is accepted until it expires', () => {
    const registers = { mrtd: [{ value: hex('11'), expires: '2026-06-01T00:00:00Z' }] };
    expect(failed({ version: 1, registers }, CLAIMS, new Date('2026-05-31T23:59:59Z'))).toEqual([]);
    expect(failed({ version: 1, registers }, CLAIMS, new Date('2026-06-01T00:00:00Z'))).toEqual([
      'policy.register.mrtd',
    ]);
  });

  test.each([
    ['tcb.svn', { min: [3, 5, 0] }, true],
    ['tcb.svn', { min: [3, 6, 0] }, false],
    ['tcb.svn', { min: [3, 5] }, false],
    ['tcb.svn', { max: 5 }, true],
    ['tcb.svn', { equals: [3, 5, 0] }, true],
    ['tcb.svn', { equals: [3, 5, 1] }, false],
    ['tcb.date', { equals: '2026-01-01' }, true],
    ['tcb.date', { min: 1 }, false],
    ['fmspc', { oneOf: ['54534D000000'] }, true],
    ['fmspc', { oneOf: ['00906ED50000'] }, false],
    ['attributes', { mask: 'ffffff00', equals: '00000000' }, true],
    ['attributes', { mask: 'ffffffff', equals: '00000000' }, false],
    ['attributes', { mask: 'ff', equals: '00' }, false],
    ['advisories', { noneOf: ['INTEL-SA-00003'] }, true],
    ['advisories', { noneOf: ['INTEL-SA-00002'] }, false],
    ['chip', { equals: '18446744073709551615' }, true],
    ['chip', { min: '18446744073709551614', max: '18446744073709551615' }, true],
    ['chip', { max: 5 }, false],
    ['smt', { equals: true }, true],
    ['smt', { equals: 'true' }, false],
    ['smt', { equals: false }, false],
  ] as const)('%s %o: %s', (name, constraint, ok) => {
    expect(failed({ version: 1, claims: { [name]: constraint } })).toEqual(
      ok ? [] : [`policy.claim.${name}`],
    );
  });
});

describe('claims of evidence', () => {
  test('registers get the roles that the provider declares', () => {
    const evidence = {
      technology: 'x',
      registers: [{ name: 'a', value: fill(1), offset: 0 }],
      claims: { debug: true },
    } as unknown as Evidence;
    const registers = [{ name: 'a', role: 'launch' }] as never;
    expect(claimsOf(evidence, { registers })).toEqual({
      technology: 'x',
      registers: [{ name: 'a', role: 'launch', value: fill(1), offset: 0 }],
      tcbStatus: undefined,
      claims: { debug: true },
    });
  });
});

const FULL: Policy = {
  version: 1,
  name: 'web tier',
  technologies: ['tdx'],
  debug: 'forbid',
  tcbStatus: ['UpToDate'],
  registers: {
    mrtd: [{ value: hex('11'), name: 'OVMF', expires: '2027-01-01T00:00:00.000Z' }],
    rtmr1: [{ value: hex('aa') }, { value: hex('bb') }],
  },
  roles: { launch: [{ value: hex('11') }] },
  claims: {
    'tcb.microcode': { min: 5 },
    'tcb.pce': { equals: 11 },
    fmspc: { equals: '54534d000000' },
    advisories: { noneOf: ['INTEL-SA-1'] },
  },
};

describe('policies as JSON', () => {
  const parse = (value: unknown): ReturnType<typeof parsePolicy> =>
    parsePolicy(utf8Bytes(typeof value === 'string' ? value : JSON.stringify(value)));

  test('a policy is read as it was written; plain hex stands for a value', () => {
    expect(parse(FULL)).toEqual({ policy: FULL, issues: [] });
    const { policy } = parse({ version: 1, registers: { mrtd: [hex('AB')] } });
    expect(policy?.registers).toEqual({ mrtd: [{ value: hex('ab') }] });
  });

  test.each([
    ['{', 'policy.json', '$'],
    [[], 'policy.value', '$'],
    [{}, 'policy.value', '$.version'],
    [{ version: 2 }, 'policy.value', '$.version'],
    [{ version: 1, debugg: 'allow' }, 'policy.member', '$.debugg'],
    [{ version: 1, debug: true }, 'policy.value', '$.debug'],
    [{ version: 1, technologies: 'tdx' }, 'policy.value', '$.technologies'],
    [{ version: 1, tcbStatus: [1] }, 'policy.value', '$.tcbStatus'],
    [{ version: 1, registers: { mrtd: hex('11') } }, 'policy.value', '$.registers.mrtd'],
    [{ version: 1, registers: { mrtd: ['xyz'] } }, 'policy.value', '$.registers.mrtd[0]'],
    [{ version: 1, registers: { mrtd: [{ value: 'abc' }] } }, 'policy.value', '$.registers.mrtd[0].value'],
    [
      { version: 1, registers: { mrtd: [{ value: 'ab', expires: 'soon' }] } },
      'policy.value',
      '$.registers.mrtd[0].expires',
    ],
    [{ version: 1, roles: { kernel: [] } }, 'policy.value', '$.roles.kernel'],
    [{ version: 1, claims: { a: {} } }, 'policy.value', '$.claims.a'],
    [{ version: 1, claims: { a: { atLeast: 1 } } }, 'policy.member', '$.claims.a.atLeast'],
    [{ version: 1, claims: { a: { min: 1.5 } } }, 'policy.value', '$.claims.a.min'],
  ])('%o is refused: %s at %s', (value, code, path) => {
    const { policy, issues } = parse(value);
    expect(policy).toBeUndefined();
    expect(issues.map((issue) => [issue.code, issue.path])).toContainEqual([code, path]);
  });

  test('the schema has the members that the parser knows', () => {
    const unknown = parse({ version: 1, zz: 1 }).issues[0]?.message ?? '';
    for (const member of Object.keys(POLICY_SCHEMA.properties)) expect(unknown).toContain(member);
    const constraint = parse({ version: 1, claims: { a: { zz: 1 } } }).issues[0]?.message ?? '';
    for (const member of Object.keys(POLICY_SCHEMA.$defs.constraint.properties))
      expect(constraint).toContain(member);
  });
});

const lost = (issues: readonly { code: string; path: string }[]): string[] =>
  issues.filter(({ code }) => code === 'reference-values.lost').map(({ path }) => path);

describe('RVPS', () => {
  test('register values go there and back; the rest is reported', () => {
    const { bytes, issues } = exportRvps(FULL);
    expect(lost(issues)).toEqual([
      '$.name',
      '$.technologies',
      '$.debug',
      '$.tcbStatus',
      '$.roles',
      '$.claims',
      '$.registers.mrtd[0]',
    ]);
    const back = importRvps(bytes);
    expect(back.issues).toEqual([]);
    expect(back.policy?.registers).toEqual({
      mrtd: [{ value: hex('11'), algorithm: 'sha384', expires: '2027-01-01T00:00:00.000Z' }],
      rtmr1: [
        { value: hex('aa'), algorithm: 'sha384' },
        { value: hex('bb'), algorithm: 'sha384' },
      ],
    });
  });

  test('older and newer spellings, and names of Trustee', () => {
    const entries = [
      {
        name: 'tdx.quote.body.rtmr_1',
        expired: '2027-01-01T00:00:00Z',
        'hash-value': [{ alg: 'sha384', value: hex('aa') }],
      },
      {
        version: '0.1.0',
        name: 'snp_launch_measurement',
        expiration: '2027-01-01T00:00:00Z',
        value: [hex('cc')],
      },
      { name: 'svn', expiration: '2027-01-01T00:00:00Z', 'hash-value': [{ alg: 'sha256', value: '1' }] },
    ];
    const { policy, issues } = importRvps(utf8Bytes(JSON.stringify(entries)));
    expect(Object.keys(policy?.registers ?? {})).toEqual(['rtmr1', 'measurement']);
    expect(lost(issues)).toEqual(['$[2]']);
  });

  test.each(['{', '[1]', '[{"value":"aa"}]'])('%s is refused', (text) => {
    const { policy, issues } = importRvps(utf8Bytes(text));
    expect(policy).toBeUndefined();
    expect(issues[0]?.code).toBe('reference-values.malformed');
  });
});

describe('CoRIM', () => {
  test('values, versions and masks go there and back; the rest is reported', () => {
    const { bytes, issues } = exportCorim(FULL, 'example');
    expect(lost(issues)).toEqual([
      '$.roles.launch',
      '$.tcbStatus',
      '$.claims.advisories',
      '$.registers.rtmr1[0]',
      '$.registers.rtmr1[1]',
    ]);
    const back = importCorim(bytes);
    expect(back.issues).toEqual([]);
    const expires = '2027-01-01T00:00:00.000Z';
    expect(back.policy).toEqual({
      version: 1,
      technologies: ['tdx'],
      registers: {
        mrtd: [{ value: hex('11'), name: 'OVMF', expires }],
        rtmr1: [
          { value: hex('aa'), expires },
          { value: hex('bb'), expires },
        ],
      },
      claims: { 'tcb.microcode': { min: 5 }, 'tcb.pce': { equals: 11 }, fmspc: { equals: '54534d000000' } },
    });
  });

  test('an exported manifest appraises as the policy did', () => {
    const policy: Policy = { version: 1, technologies: ['tdx'], registers: { mrtd: [{ value: hex('11') }] } };
    const { policy: back } = importCorim(exportCorim(policy, 'x').bytes);
    expect(back && appraise(CLAIMS, back).verdict).toBe('pass');
    const other = { ...CLAIMS, registers: [{ name: 'mrtd', role: 'launch', value: fill(9) } as const] };
    expect(back && appraise(other, back).verdict).toBe('fail');
  });

  test('truncated or flipped at every byte: a policy or issues, never a throw', () => {
    const { bytes } = exportCorim(FULL, 'example');
    for (let end = 0; end < bytes.length; end++) {
      const { policy, issues } = importCorim(bytes.subarray(0, end));
      expect(policy === undefined && issues.length === 0).toBe(false);
      const flipped = bytes.slice();
      flipped[end] = (flipped[end] ?? 0) ^ 0xff;
      expect(() => importCorim(flipped)).not.toThrow();
    }
  });

  test('other CBOR is no manifest', () => {
    expect(importCorim(Uint8Array.of(0x01)).issues[0]?.code).toBe('reference-values.malformed');
  });
});

describe('EAR', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const verifier = { developer: 'TSM', build: '0.1.0' };
  const verdict = {
    technology: 'tdx',
    verdict: 'pass',
    tcbStatus: 'UpToDate',
    checks: [],
    notChecked: [],
  } as const;

  test('a pass with reference values affirms', () => {
    const registers = { mrtd: [{ value: hex('11') }], rtmr3: [{ value: hex('33') }] };
    const appraisal = appraise(CLAIMS, { version: 1, registers });
    expect(earOf({ claims: CLAIMS, verdict, appraisal, policyId: 'p', now, verifier })).toEqual({
      eat_profile: 'tag:github.com,2023:veraison/ear',
      iat: 1767225600,
      'ear.verifier-id': verifier,
      submods: {
        tdx: {
          'ear.status': 'affirming',
          'ear.appraisal-policy-id': 'p',
          'ear.trustworthiness-vector': {
            'instance-identity': 2,
            configuration: 0,
            executables: 2,
            'file-system': 0,
            hardware: 2,
            'runtime-opaque': 2,
            'storage-opaque': 0,
            'sourced-data': 0,
          },
        },
      },
    });
  });

  test('a bad signature, an old TCB and debug are told apart', () => {
    const vector = (options: Partial<Parameters<typeof earOf>[0]>): unknown => {
      const ear = earOf({ claims: CLAIMS, verdict, now, verifier, ...options }) as {
        submods: { tdx: { 'ear.trustworthiness-vector': unknown; 'ear.status': string } };
      };
      return {
        status: ear.submods.tdx['ear.status'],
        ...Object(ear.submods.tdx['ear.trustworthiness-vector']),
      };
    };
    const signature = { id: 'quote.signature', title: '', status: 'fail' } as const;
    expect(vector({ verdict: { ...verdict, verdict: 'fail', checks: [signature] } })).toMatchObject({
      status: 'contraindicated',
      hardware: 99,
      'instance-identity': 99,
    });
    expect(vector({ verdict: { ...verdict, tcbStatus: 'OutOfDate' } })).toMatchObject({ hardware: 32 });
    expect(vector({ verdict: { ...verdict, verdict: 'fail', tcbStatus: 'Revoked' } })).toMatchObject({
      hardware: 96,
    });
    const debug = { ...CLAIMS, claims: { debug: true } };
    expect(vector({ claims: debug })).toMatchObject({ configuration: 96, 'runtime-opaque': 96 });
    expect(vector({ verdict: { ...verdict, verdict: 'inconclusive' } })).toMatchObject({ status: 'none' });
  });
});

test('every issue has a fixture above', () => {
  expect(POLICY_ISSUES.codes).toEqual([
    ...['policy.json', 'policy.member', 'policy.value'],
    ...['reference-values.malformed', 'reference-values.lost'],
  ]);
});
