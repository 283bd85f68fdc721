/** Real reports and certificates get what the manifest of the shared vectors says, at its date. */
import { firstFailure, toHex, type Check, type Verdict } from '@tsm/core';
import { leaves } from '@tsm/core/layout';
import { parseCertificate, parseCertificates } from '@tsm/evidence';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import snp, { decodeEvidence, vekExtension } from '../src/index.ts';

const reports = vectors('evidence/snp', ['snp-report']);
const good = reports.filter(({ file }) => !file.includes('/bad/'));
const bad = reports.filter(({ file }) => file.includes('/bad/'));

function verify(vector: Vector, bytes = readVector(vector.file), more = {}): Promise<Verdict> {
  const collateral = [vector['vek'], vector['chain']].map((file) => readVector(String(file)));
  return snp.verify(bytes, { now: new Date(String(vector['checkAt'])), collateral, ...more });
}

function failures(checks: readonly Check[]): string[] {
  return checks.flatMap(({ id, status, checks: inner = [] }) =>
    inner.length > 0 ? failures(inner) : status === 'fail' ? [id] : [],
  );
}

/** Claims of the report and of its certificate, under the manifest's names. */
function said({ file, ...vector }: Vector): Record<string, unknown> {
  const bytes = readVector(file);
  const { value } = decodeEvidence(bytes).report;
  const [certificate] = certificatesOf(String(vector['vek']));
  const { extension } = vekExtension(certificate!);
  const at = (offset: number, length: number) => toHex(bytes.slice(offset, offset + length));
  return {
    version: value!.version,
    vmpl: value!.vmpl,
    signingKey: (value!.keyInfo >> 2) & 7,
    familyModelStepping: at(0x188, 3),
    policy: Buffer.from(bytes.slice(8, 16)).readBigUInt64LE().toString(16),
    platformInfo: value!.platformInfo.toString(16),
    reportedTcb: at(0x180, 8),
    reportData: toHex(value!.reportData),
    measurement: toHex(value!.measurement),
    hostData: toHex(value!.hostData),
    chipId: toHex(value!.chipId),
    vekCommonName: /CN=([^,]*)/.exec(certificate!.subject)?.[1],
    vekIssuer: /CN=([^,]*)/.exec(certificate!.issuer)?.[1],
    productName: extension?.productName,
    cspId: extension?.cspId,
  };
}

function certificatesOf(file: string) {
  const bytes = readVector(file);
  const { certificate } = parseCertificate(bytes);
  return certificate ? [certificate] : parseCertificates(bytes).certificates;
}

describeVectors('real reports decode to the known answers', 6, good, (vector) => {
  const bytes = readVector(vector.file);
  expect(snp.evidence.recognise(bytes)).toBe(true);
  const { productName, ...known } = { ...vector.expected };
  delete known['verdict'];
  const found = said(vector);
  expect(Object.fromEntries(Object.keys(known).map((name) => [name, found[name]]))).toEqual(known);
  expect(String(found['productName'])).toMatch(new RegExp(`^${String(productName)}`));
  const evidence = decodeEvidence(bytes);
  expect(evidence.report.value).toEqual(evidence.report.decoded.value);
  expect(evidence.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(leaves(evidence.tree).reduce((sum, { length }) => sum + length, 0)).toBe(1184);
  for (const { name, value, offset } of evidence.registers) {
    expect(toHex(bytes.slice(offset, offset + value.length)), name).toBe(toHex(value));
  }
});

/** POLICY of this one allows debugging: genuine, and for a policy to refuse. */
const DEBUGGED = 'evidence/snp/milan_v2_report.bin';

describeVectors('real reports verify to AMD’s roots', 6, good, async (vector) => {
  const { verdict, checks, notChecked } = await verify(vector);
  expect(vector.expected?.['verdict']).toBe('accept');
  expect(failures(checks)).toEqual([]);
  expect(verdict).toBe('pass');
  expect(notChecked.some(({ id }) => id === 'debug')).toBe(vector.file === DEBUGGED);
  const reportData = Buffer.from(String(vector.expected?.['reportData']), 'hex');
  expect(failures((await verify(vector, undefined, { reportData })).checks)).not.toContain('report.data');
  const other = await verify(vector, undefined, { reportData: Buffer.alloc(64, 9) });
  expect(failures(other.checks)).toContain('report.data');
  expect((await verify(vector, undefined, { requireCrl: true })).verdict).not.toBe('pass');
});

/** The check that refuses. */
const REASONS: Readonly<Record<string, string>> = {
  'report signature': 'report.signature',
  'reserved bytes must be zero': 'structure.reserved',
  length: 'structure.length',
};

describeVectors('altered reports are refused by the check that is named', 4, bad, async (vector) => {
  const { verdict, checks } = await verify(vector);
  expect(verdict).toBe('fail');
  expect(firstFailure(checks)?.id).toBe(REASONS[String(vector.expected?.['reason'])]);
});

const badCertificates = vectors('evidence/snp', ['cert-der']).filter(({ file }) => file.includes('/bad/'));

describeVectors(
  'altered certificates are refused with every report of their product',
  2,
  badCertificates,
  async ({ file }) => {
    for (const report of good.filter(({ file: name }) => name.includes('milan_v2'))) {
      const collateral = [readVector(file), readVector(String(report['chain']))];
      const { verdict, checks } = await verify(report, undefined, { collateral });
      expect(verdict).toBe('fail');
      expect(failures(checks)).toEqual(
        expect.arrayContaining(['certificates.signature', 'report.signature']),
      );
    }
  },
);

describeVectors('a report does not verify with the certificate of another', 6, good, async (vector) => {
  for (const other of good) {
    if (other.file === vector.file) continue;
    const { verdict } = await verify({ ...vector, vek: other['vek'], chain: other['chain'] });
    expect(verdict, String(other['vek'])).not.toBe('pass');
  }
});

const chains = vectors('evidence/snp', ['cert-pem']).filter(({ file }) => file.includes('ask_ark'));

describeVectors('chains of AMD’s key server are read', 6, chains, ({ file }) => {
  const [ask, ark] = certificatesOf(file);
  expect(ask!.issuer).toBe(ark!.subject);
  expect(ark!.subject).toContain('CN=ARK-');
});

const veks = vectors('evidence/snp', ['cert-der', 'cert-pem']).filter(
  ({ file }) => /_v[cl]ek/.test(file) && !/bad|ask_ark/.test(file),
);

describeVectors('certificates of signing keys are read', 8, veks, ({ file }) => {
  const { extension, issues } = vekExtension(certificatesOf(file)[0]!);
  expect(issues).toEqual([]);
  expect(extension?.productName).toMatch(/^(Milan|Genoa|Turin)/);
  expect(extension?.hwId?.length ?? 0).toBe(file.includes('vlek') ? 0 : file.includes('turin') ? 8 : 64);
});

const azure = vectors('evidence/snp', ['azure-evidence-json']);

describeVectors('evidence of an Azure VM verifies with its vTPM', 1, azure, async ({ file }) => {
  const bytes = readVector(file);
  expect(snp.evidence.recognise(bytes)).toBe(true);
  const evidence = decodeEvidence(bytes);
  expect(evidence).toMatchObject({ format: 'azure-json', trailing: 0 });
  expect(evidence.claims).toMatchObject({ product: 'Genoa', version: 3, vmpl: 0, debug: false });
  expect(evidence.claims!['vtpm.pcr0']).toHaveLength(32);
  const options = { now: new Date('2026-07-01'), collateral: [readVector('evidence/snp/ask_ark_genoa.pem')] };
  const reportData = evidence.reportData;
  expect((await snp.verify(bytes, { ...options, reportData })).verdict).toBe('pass');
  const other = await snp.verify(bytes, { ...options, reportData: new Uint8Array(reportData.length) });
  expect(failures(other.checks)).toEqual(['report.data']);
});
