/** Attacks: no single bit of evidence or collateral can change and still verify, and nothing throws. */
import { concat, type VerifyOptions } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { createVerifyCache } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import snp, { createSnp, decodeEvidence, readCertificateTable, readServicesManifest } from '../src/index.ts';
import { azureEvidence } from './support/azure.ts';
import { FORMS, inblob, launch, mint, tools } from './support/guests.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
/** R and S end here. */
const SIGNATURE_END = 0x2a0 + 144;
/** Of collateral, whose every change is parsed anew, one byte of so many. */
const STEP = 8;
/** Verified at the same time. */
const BATCH = 64;

interface Flip {
  readonly at: number;
  readonly bit: number;
}

/** One seeded bit of each byte, or with TSM_TORTURE every bit. */
function flips(length: number, seed: number): Flip[] {
  const random = seededRandom(seed);
  return Array.from({ length }, (_, at) =>
    (TORTURE ? [0, 1, 2, 3, 4, 5, 6, 7] : [random(8)]).map((bit) => ({ at, bit })),
  ).flat();
}

function flipped(bytes: Uint8Array, { at, bit }: Flip): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1 << bit;
  return copy;
}

/** The flips that still pass. */
async function survivors(all: readonly Flip[], passes: (flip: Flip) => Promise<boolean>): Promise<Flip[]> {
  const found: Flip[] = [];
  for (let i = 0; i < all.length; i += BATCH) {
    const batch = all.slice(i, i + BATCH);
    const passed = await Promise.all(batch.map(passes));
    found.push(...batch.filter((_, k) => passed[k]));
  }
  return found;
}

async function sweepReport(report: Uint8Array, options: VerifyOptions, seed: number): Promise<void> {
  const warm = { ...options, cache: createVerifyCache() };
  const all = flips(SIGNATURE_END, seed);
  const found = await survivors(
    all,
    async (flip) => (await snp.verify(flipped(report, flip), warm)).verdict !== 'fail',
  );
  console.log(`${all.length} single-bit flips of a report, ${all.length - found.length} refused`);
  expect(found).toEqual([]);
}

/** One of each version; with TSM_TORTURE all of them. */
function oneOfEach<T>(all: readonly T[], versionOf: (one: T) => unknown): T[] {
  const versions = all.map(versionOf);
  return all.filter((_, i) => TORTURE || versions.indexOf(versions[i]) === i);
}

const forms = oneOfEach(FORMS, ({ reportVersion }) => reportVersion);

describe.each(forms)('minted $title', (form) => {
  const { outblob, options } = mint(form);
  test('no bit of the report can change', () => sweepReport(outblob, options, 1), TORTURE ? 600_000 : 60_000);
});

const good = oneOfEach(
  vectors('evidence/snp', ['snp-report']).filter(({ file }) => !file.includes('/bad/')),
  ({ expected }) => expected?.['version'],
);

describeVectors('no bit of a real report can change', TORTURE ? 6 : 3, good, async (vector) => {
  const collateral = [vector['vek'], vector['chain']].map((file) => readVector(String(file)));
  await sweepReport(readVector(vector.file), { now: new Date(String(vector['checkAt'])), collateral }, 2);
});

describe('collateral', () => {
  const { outblob, options, files } = mint({ product: 'Genoa' });
  const table = readCertificateTable(mint({ product: 'Genoa' }).auxblob);
  const [vek, ask, ark] = table.certificates.map(({ der }) => der) as [Uint8Array, Uint8Array, Uint8Array];
  const { now, trustAnchors } = options;
  // The root is not among them: it is trusted as it is given, and other certificates of its name are not used.
  const all = { vek, ask, crl: files['crl.der']! };

  test.each(Object.keys(all) as (keyof typeof all)[])('no bit of the %s can change', async (name) => {
    const cache = createVerifyCache();
    const list = flips(all[name].length, 3).filter((_, i) => TORTURE || i % STEP === 0);
    const found = await survivors(list, async (flip) => {
      const collateral = Object.values({ ...all, [name]: flipped(all[name], flip) });
      const options = { now, trustAnchors: trustAnchors!, collateral, cache };
      const { verdict, notChecked } = await snp.verify(outblob, options);
      // A list whose first byte is another is no list at all: that is said, and revocation is open.
      const said = notChecked.map(({ id }) => id);
      const noList = flip.at === 0 && said.includes('collateral[2]') && said.includes('revocation.crl');
      return verdict === 'pass' && !noList;
    });
    console.log(`${list.length} single-bit flips of ${name}, ${list.length - found.length} not passed`);
    expect(found).toEqual([]);
  });

  test('a certificate that is cut anywhere is refused', async () => {
    for (let length = 1; length < vek.length; length += TORTURE ? 1 : 23) {
      const collateral = [vek.slice(0, length), ask, ark];
      const { verdict } = await snp.verify(outblob, { now, trustAnchors: trustAnchors!, collateral });
      expect(verdict, `cut at ${length}`).toBe('fail');
    }
  });
});

describe('cut and damaged input', () => {
  const { outblob, auxblob, options } = mint();
  const extended = concat(outblob, auxblob);

  test('a report that is cut anywhere is refused by its length', async () => {
    for (let length = 0; length < outblob.length; length++) {
      const { verdict, checks } = await snp.verify(outblob.slice(0, length), options);
      expect([verdict, checks[0]?.checks?.[0]?.status], `cut at ${length}`).toEqual(['fail', 'fail']);
      expect(decodeEvidence(outblob.slice(0, length)).issues.length).toBeGreaterThan(0);
    }
  });

  test('a certificate table that is cut anywhere never passes for a whole one', () => {
    for (let length = 0; length < auxblob.length; length += TORTURE ? 1 : 7) {
      const { certificates, issues } = readCertificateTable(auxblob.slice(0, length));
      expect(certificates.length < 3 && issues.length > 0, `cut at ${length}`).toBe(true);
    }
  });

  test('damage of any kind never throws, and issues stay inside the input', async () => {
    const random = seededRandom(5);
    const model = createSnp({ vmpl: 1 }).model(launch, tools);
    const { manifestblob } = model.report({ inblob, serviceProvider: 'svsm' });
    const azure = azureEvidence(outblob);
    const inputs = [extended, auxblob, manifestblob!, azure.hcl, azure.json];
    for (let round = 0; round < (TORTURE ? 20_000 : 600); round++) {
      const bytes = inputs[random(inputs.length)]!.slice();
      for (let edits = 1 + random(4); edits > 0; edits--) bytes[random(bytes.length)] = random(256);
      const cut = random(3) === 0 ? bytes.slice(0, random(bytes.length)) : bytes;
      const evidence = snp.evidence.recognise(cut) || random(2) === 0 ? decodeEvidence(cut) : undefined;
      const size = evidence?.source.length ?? cut.length;
      const issues = [
        ...(evidence?.issues ?? []),
        ...readCertificateTable(cut).issues,
        ...readServicesManifest(cut).issues,
      ];
      for (const { offset, length } of issues)
        expect(offset >= 0 && offset + length <= Math.max(size, cut.length)).toBe(true);
      for (const { offset } of evidence?.registers ?? []) expect(offset).toBeLessThan(cut.length);
      expect(evidence?.tree.length ?? 0).toBeLessThanOrEqual(Math.max(size, cut.length));
      if (round % 20 === 0)
        expect(
          (await snp.verify(cut, { ...options, collateral: [cut, ...options.collateral!] })).technology,
        ).toBe('snp');
    }
  });

  test('tables and manifests with huge numbers end at once', () => {
    const huge = auxblob.slice();
    new DataView(huge.buffer).setUint32(16, 0xffffffff, true);
    expect(readCertificateTable(huge).certificates).toHaveLength(2);
    new DataView(huge.buffer).setUint32(20, 0xffffffff, true);
    expect(readCertificateTable(huge).issues).toHaveLength(1);
    const many = new Uint8Array(24 + 24 * 4);
    many.set(Uint8Array.of(0xbb), 0);
    new DataView(many.buffer).setUint32(20, 0xffffffff, true);
    expect(readServicesManifest(many).services).toEqual([]);
    expect(readCertificateTable(new Uint8Array(24 * 5000).fill(1)).issues).toHaveLength(1);
  });
});
