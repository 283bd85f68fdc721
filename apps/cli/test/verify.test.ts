/** `tsm verify`, `launch`, `policy` and `machine collateral`, on machines of all four technologies. */
import { toHex, utf8Bytes, type Provider } from '@tsm/core';
import { openMachine } from '@tsm/machine';
import cca from '@tsm/provider-cca';
import cove from '@tsm/provider-cove';
import snp from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import { describe, expect, test } from 'vitest';
import { run, tooWide, type Files } from './support/run.ts';

const PROVIDERS: readonly Provider[] = [tdx, snp, cca, cove];
const NOW = new Date('2026-01-01T00:00:00Z');
const AT = ['--at', '2026-01-02'];
const DATA = new Uint8Array(64).fill(7);

/** A machine of the provider, its report and everything a verifier needs. */
async function minted(provider: Provider): Promise<Files> {
  const seed = new Uint8Array(32).fill(3);
  const created = { op: 'create', version: 1, id: 'm', provider: provider.id, seed, now: NOW } as const;
  const machine = openMachine(provider, [{ ...created, values: {}, boot: false }]);
  const { outblob, auxblob } = await machine.report({ inblob: DATA });
  const collateral = await machine.collateral();
  const changed = outblob.slice();
  const at = provider.evidence?.decode(outblob).registers[0]?.offset ?? 0;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return new Map([
    ['report.bin', outblob],
    ['changed.bin', changed],
    ...Object.entries(collateral?.files ?? {}).map(([name, bytes]) => [`certs/${name}`, bytes] as const),
    ...(auxblob ? [['certs/auxblob', auxblob] as const] : []),
    ...(collateral?.trustAnchors ?? []).map((bytes, i) => [`anchor/${String(i)}`, bytes] as const),
  ]);
}

const TRUSTED = ['--collateral', 'certs', '--trust-anchor', 'anchor'];

describe.each(PROVIDERS.map((provider) => ({ id: provider.id, provider })))('$id', ({ provider }) => {
  test('a minted report passes under its own root, and says what was checked', async () => {
    const files = await minted(provider);
    const args = ['verify', 'report.bin', ...TRUSTED, ...AT, '--report-data', toHex(DATA)];
    const shown = await run(args, files);
    expect(shown.err).toBe('');
    expect(shown.exit).toBe(0);
    expect(shown.out).toContain('PASS');
    expect(tooWide(shown.out)).toEqual([]);
    const json = (await run([...args, '--json'], files)).json() as unknown as {
      technology: string;
      verdict: string;
      checks: { id: string; title: string; status: string }[];
      notChecked: { id: string; reason: string }[];
    };
    expect(json).toMatchObject({ technology: provider.id, verdict: 'pass' });
    expect(json.checks.length).toBeGreaterThan(3);
    expect(json.notChecked.map(({ id }) => id)).toEqual(expect.arrayContaining(['log', 'policy']));
  });

  test('a changed register is refused by a signature: exit 4', async () => {
    const files = await minted(provider);
    const { exit, out } = await run(['verify', 'changed.bin', ...TRUSTED, ...AT], files);
    expect(exit).toBe(4);
    expect(out).toContain('FAIL');
    expect(tooWide(out)).toEqual([]);
  });

  test('under the vendor’s own roots a minted report never passes', async () => {
    const files = await minted(provider);
    // CCA has no vendor's root: its platform keys are collateral, and without one nothing is shown.
    const collateral = provider.id === 'cca' ? [] : ['--collateral', 'certs'];
    const { exit } = await run(['verify', 'report.bin', ...collateral, ...AT], files);
    expect(exit).toBe(provider.id === 'cca' ? 6 : 4);
  });

  test('other report data than was bound is refused', async () => {
    const files = await minted(provider);
    const args = ['verify', 'report.bin', ...TRUSTED, ...AT, '--report-data', '00'.repeat(64)];
    expect((await run(args, files)).exit).toBe(4);
  });

  test('a policy: its reference values pass, others fail with exit 5', async () => {
    const files = await minted(provider);
    const registers = provider.evidence?.decode(files.get('report.bin')!).registers ?? [];
    const policy = (value: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
      utf8Bytes(
        JSON.stringify({
          version: 1,
          technologies: [provider.id],
          registers: Object.fromEntries(registers.map((one) => [one.name, [toHex(value(one.value))]])),
        }),
      );
    files.set(
      'good.json',
      policy((bytes) => bytes),
    );
    files.set(
      'bad.json',
      policy((bytes) => bytes.map((byte) => byte ^ 1)),
    );
    const args = ['verify', 'report.bin', ...TRUSTED, ...AT, '--policy'];
    expect((await run([...args, 'good.json'], files)).exit).toBe(0);
    const bad = await run([...args, 'bad.json'], files);
    expect(bad.exit).toBe(5);
    expect(tooWide(bad.out)).toEqual([]);
  });

  test('lists what its launch calculator takes', async () => {
    const { exit, out } = await run(['launch', '--provider', provider.id, '--inputs']);
    expect(exit).toBe(0);
    expect(tooWide(out)).toEqual([]);
    for (const { name } of provider.launch?.inputs ?? []) expect(out).toContain(`${name}=`);
  });
});

describe('documents of another shape', () => {
  test('SARIF: one result a check, with the bytes that it is about', async () => {
    const files = await minted(tdx);
    const sarif = (
      await run(['verify', 'changed.bin', ...TRUSTED, ...AT, '--sarif'], files)
    ).json() as unknown as {
      version: string;
      runs: {
        results: { ruleId: string; kind: string; level: string }[];
        tool: { driver: { rules: { id: string }[] } };
      }[];
    };
    expect(sarif.version).toBe('2.1.0');
    const [first] = sarif.runs;
    expect(first?.results.find(({ ruleId }) => ruleId === 'quote.signature')).toMatchObject({
      kind: 'fail',
      level: 'error',
    });
    const rules = new Set(first?.tool.driver.rules.map(({ id }) => id));
    expect(first?.results.every(({ ruleId }) => rules.has(ruleId))).toBe(true);
  });

  test('EAR: the claims of an attestation result', async () => {
    const files = await minted(tdx);
    const ear = (await run(['verify', 'report.bin', ...TRUSTED, ...AT, '--ear'], files)).json();
    expect(ear).toMatchObject({ submods: { tdx: { 'ear.status': 'affirming' } } });
  });
});

describe('policy convert', () => {
  const policy = { version: 1, registers: { mrtd: ['11'.repeat(48)] }, tcbStatus: ['UpToDate'] };
  const files = (): Files => new Map([['policy.json', utf8Bytes(JSON.stringify(policy))]]);

  test('to CoRIM and back, with what is lost', async () => {
    const held = files();
    const out = await run(['policy', 'convert', 'policy.json', '--to', 'corim', '--out', 'p.corim'], held);
    expect(out.exit).toBe(0);
    expect(out.out).toContain('accepted statuses');
    const back = (await run(['policy', 'convert', 'p.corim', '--to', 'policy', '--json'], held)).json();
    expect(back).toMatchObject({
      from: 'corim',
      policy: { registers: { mrtd: [{ value: '11'.repeat(48) }] } },
    });
  });

  test('a policy with a fault is refused: where, and what is expected', async () => {
    const held: Files = new Map([['p.json', utf8Bytes('{"version":1,"debug":true}')]]);
    const { exit, err } = await run(['policy', 'convert', 'p.json', '--to', 'rvps'], held);
    expect(exit).toBe(3);
    expect(err).toContain('$.debug');
  });
});

describe('mistakes', () => {
  test.each([
    [['verify', 'report.bin', '--at', 'soon'], 2],
    [['verify', 'report.bin', '--report-data', 'xyz'], 2],
    [['verify', 'report.bin', '--collateral', 'nowhere'], 3],
    [['launch', '--provider', 'tdx', 'nonsense=1'], 2],
    [['launch', '--provider', 'tdx'], 2],
    [['policy', 'convert', 'report.bin', '--to', 'xml'], 2],
  ])('%o: exit %i', async (args, exit) => {
    const files = await minted(tdx);
    expect((await run(args, files)).exit).toBe(exit);
  });
});

describe('collateral', () => {
  test('what each file holds and when it expires; inspect shows the same with bytes', async () => {
    const files = await minted(tdx);
    const shown = await run(['collateral', 'show', 'certs', ...AT], files);
    expect(shown.exit).toBe(0);
    expect(tooWide(shown.out)).toEqual([]);
    expect(shown.out).toContain('TSM test SGX Root CA');
    const late = await run(['collateral', 'show', 'certs', '--at', '2030-01-01', '--json'], files);
    expect(late.exit).toBe(6);
    const { items } = late.json() as unknown as { items: { kind: string; state: string }[] };
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['certificate', 'crl', 'json']));
    expect(items.filter(({ kind }) => kind !== 'certificate').map(({ state }) => state)).not.toContain(
      'good',
    );
  });

  test('inspect names the fields of a certificate', async () => {
    const files = await minted(snp);
    const name = [...files.keys()].find((file) => file.startsWith('anchor/')) ?? '';
    const { exit, out } = await run(['inspect', name, '--fields'], files);
    expect(exit).toBe(0);
    expect(out).toContain('serial');
    expect(tooWide(out)).toEqual([]);
  });

  test('what is no collateral is said: exit 3', async () => {
    const files: Files = new Map([['noise.bin', Uint8Array.from({ length: 90 }, (_, i) => (i * 89) & 0xff)]]);
    expect((await run(['collateral', 'show', 'noise.bin'], files)).exit).toBe(3);
  });
});
