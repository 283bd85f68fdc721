/** What the report binds: the caller's data, as they are or as an SVSM binds them. Spec: AMD SEV-SNP ABI (56860), §7.3; AMD SVSM (58019), §7. */
import { concat, equalBytes, type Digests } from '@tsm/core';
import type { CheckList } from '@tsm/evidence';
import type { SnpEvidence } from '../evidence.ts';
import type { AttestationReport } from '../layout/report.ts';
import { isServicesManifest, readServicesManifest, svsmReportData } from '../services-manifest.ts';
import { SVSM_VMPL } from '../svsm.ts';

const SVSM = 'AMD SVSM (58019) §7';
const MANIFEST = 'REPORT_DATA is the SHA-512 of nonce and manifest';

/** As long as the field, zeros at the end; longer data stay as they are, and so are never equal to it. */
export function padded(data: Uint8Array, size: number): Uint8Array {
  return data.length >= size ? data : concat(data, new Uint8Array(size - data.length));
}

function checkManifest(
  checks: CheckList,
  { report: { rangeOf } }: SnpEvidence,
  { reportData, vmpl }: AttestationReport,
  manifest: Uint8Array,
  expected: Uint8Array,
): void {
  const list = checks.group('svsm', 'SVSM', { spec: SVSM });
  const remedy = 'give the manifest and the nonce of this report';
  list.equal('svsm.manifest', MANIFEST, expected, reportData, {
    spec: SVSM,
    range: rangeOf('reportData'),
    remedy,
  });
  list.check('svsm.vmpl', 'the SVSM itself asked for the report', vmpl === SVSM_VMPL, {
    ...{
      spec: SVSM,
      range: rangeOf('vmpl'),
      expected: `VMPL ${String(SVSM_VMPL)}`,
      actual: `VMPL ${String(vmpl)}`,
    },
    remedy: 'a guest above the SVSM made this report: nothing vouches for the manifest',
  });
  if (!isServicesManifest(manifest)) return;
  const { issues, services } = readServicesManifest(manifest);
  list.check('svsm.services', 'the services manifest is well-formed', issues.length === 0, {
    ...{ spec: SVSM, actual: issues[0]?.message ?? services.map(({ guid }) => guid).join(', ') },
  });
}

/** `given`: what the caller wants bound; a nonce, where there is an SVSM. `manifests`: files that may be its manifest. */
export function checkReportData(
  checks: CheckList,
  evidence: SnpEvidence,
  report: AttestationReport,
  {
    given,
    manifests,
    digests,
  }: {
    readonly given: Uint8Array | undefined;
    readonly manifests: readonly Uint8Array[];
    readonly digests: Digests;
  },
): void {
  if (!given) {
    checks.notChecked('report.data', 'no report data were given: whom the report was made for is not known');
    if (manifests.some(isServicesManifest)) {
      checks.skip('svsm.manifest', MANIFEST, {
        spec: SVSM,
        remedy: 'give the nonce of the report as report data',
      });
    }
    return;
  }
  const bound = evidence.reportData;
  const quoted = evidence.azure?.quote !== undefined;
  const expected = quoted ? given : padded(given, bound.length);
  const ofManifest = (manifest: Uint8Array) => svsmReportData(given, manifest, digests);
  const binds = (manifest: Uint8Array) =>
    given.length <= 64 && equalBytes(ofManifest(manifest), report.reportData);
  const manifest = manifests.find(binds) ?? manifests.find(isServicesManifest);
  if (manifest && !equalBytes(expected, bound)) {
    checkManifest(checks, evidence, report, manifest, ofManifest(manifest));
    return;
  }
  checks.equal('report.data', 'the report binds the given data', expected, bound, {
    ...{
      spec: 'AMD SEV-SNP ABI (56860) §7.3',
      ...(quoted ? {} : { range: evidence.report.rangeOf('reportData') }),
    },
    remedy: 'the report was made for someone else, or is replayed: take one for this data',
  });
}
