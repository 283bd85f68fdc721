/** The certificate of the key that signed: which it is, and whether it is for this chip at this TCB. Spec: AMD KDS interface (57230). */
import { isFilledWith, toHex } from '@tsm/core';
import type { Certificate, CheckList } from '@tsm/evidence';
import { keyInfoOf } from '../claims.ts';
import type { AttestationReport } from '../layout/report.ts';
import { productOfName } from '../products.ts';
import type { ReadReport } from '../reading.ts';
import { sameTcb, tcbOf, tcbText } from '../tcb.ts';
import { isChip, vekExtension, vekKind, type VekExtension, type VekKind } from '../vek-extension.ts';

const SPEC = 'AMD KDS interface (57230) §3';

/** What is known of the report's processor. */
interface Signer extends Pick<ReadReport, 'product' | 'rangeOf'> {
  readonly report: AttestationReport;
}

const masked = ({ chipId }: AttestationReport): boolean => isFilledWith(chipId, 0);

type ReadExtension = ReturnType<typeof vekExtension>;

/** By the certificate, which does not change: a fleet's verifications share parsed certificates. */
const extensions = new WeakMap<Certificate, ReadExtension>();

function extensionOf(certificate: Certificate): ReadExtension {
  const read = extensions.get(certificate) ?? vekExtension(certificate);
  extensions.set(certificate, read);
  return read;
}

function fits({ extension }: ReadExtension, { report }: Signer): number {
  if (!extension) return -1;
  const { tcb, hwId } = extension;
  const chip = hwId === undefined || masked(report) || isChip(hwId, report.chipId);
  return (chip ? 2 : 0) + (sameTcb(tcb, tcbOf(report.reportedTcb)) ? 1 : 0);
}

/** Of the certificates of the kind that signed, else of the other, the one that fits best; the first of those alike. */
function pick(pool: readonly Certificate[], kind: VekKind, signer: Signer): Certificate | undefined {
  const all = pool.filter((one) => vekKind(one) !== undefined);
  const named = all.filter((one) => vekKind(one) === kind);
  const candidates = named.length > 0 ? named : all;
  if (candidates.length < 2) return candidates[0];
  const ranked = candidates.map((certificate) => ({
    certificate,
    fit: fits(extensionOf(certificate), signer),
  }));
  return ranked.sort((a, b) => b.fit - a.fit)[0]?.certificate;
}

/** Where AMD's key server has the certificate; for people to fetch it. */
function address({ report, product }: Signer, kind: VekKind): string {
  const tcb = tcbOf(report.reportedTcb);
  if (kind === 'vlek') return 'the cloud provider has it (auxblob)';
  const chip = toHex(report.chipId.subarray(0, product?.hwIdSize ?? 64));
  const versions = [
    ...(tcb.fmc === undefined ? [] : [`fmcSPL=${String(tcb.fmc)}`]),
    ...[`blSPL=${String(tcb.bootLoader)}`, `teeSPL=${String(tcb.tee)}`],
    ...[`snpSPL=${String(tcb.snp)}`, `ucodeSPL=${String(tcb.microcode)}`],
  ];
  return `https://kdsintf.amd.com/vcek/v1/${product?.name ?? 'Milan'}/${chip}?${versions.join('&')}`;
}

function checkChip(list: CheckList, { hwId }: VekExtension, { report, rangeOf }: Signer): void {
  const title = 'it is for this chip';
  if (hwId === undefined) {
    list.notApplicable('vek.chip', title, "a VLEK is a cloud provider's, not a chip's");
  } else if (masked(report)) {
    list.notApplicable('vek.chip', title, 'CHIP_ID is masked');
    list.notChecked('vek.chip', 'the host masks CHIP_ID: which chip it is cannot be told from the report');
  } else {
    list.check('vek.chip', title, isChip(hwId, report.chipId), {
      ...{ spec: SPEC, range: rangeOf('chipId'), expected: toHex(hwId) },
      actual: toHex(report.chipId.subarray(0, hwId.length)),
      remedy: 'give the VCEK of the chip that made the report',
    });
  }
}

function checkProduct(
  list: CheckList,
  certificate: Certificate,
  named: string,
  kind: VekKind,
  signer: Signer,
): void {
  const { report, product, rangeOf } = signer;
  const found = productOfName(named);
  list.check(
    'vek.product',
    "its product is the report's",
    found !== undefined && (!product || found.name === product.name),
    {
      ...{ spec: SPEC, range: { ...rangeOf('cpuidFamily'), length: 3 } },
      ...{
        expected: product?.name ?? `a processor of version ${String(report.version)} reports`,
        actual: named,
      },
    },
  );
  const issuer = `SEV-${kind === 'vlek' ? 'VLEK-' : ''}${found?.name ?? ''}`;
  const names = certificate.issuer.split(',');
  list.check('vek.issuer', 'it is issued for that product', names.includes(`CN=${issuer}`), {
    ...{ spec: 'AMD KDS interface (57230) §4', expected: `CN=${issuer}`, actual: certificate.issuer },
  });
}

/** Finds the certificate of the key that signed, and checks it against the report. Undefined where there is none. */
export function checkSigningKey(
  checks: CheckList,
  pool: readonly Certificate[],
  report: AttestationReport,
  { product, rangeOf }: ReadReport,
): Certificate | undefined {
  const signer = { report, product, rangeOf };
  const { signingKey } = keyInfoOf(report);
  const list = checks.group('vek', 'Signing key', { spec: SPEC });
  if (signingKey !== 'vcek' && signingKey !== 'vlek') {
    list.notApplicable('vek.certificate', 'its certificate is there', `SIGNING_KEY is ${signingKey}`);
    return undefined;
  }
  const title = `the certificate of the ${signingKey.toUpperCase()} is there`;
  const certificate = pick(pool, signingKey, signer);
  if (!certificate) {
    const remedy = `give it as collateral: ${address(signer, signingKey)}`;
    list.skip('vek.certificate', title, {
      spec: SPEC,
      actual: 'none in the evidence or the collateral',
      remedy,
    });
    return undefined;
  }
  list.check('vek.certificate', title, vekKind(certificate) === signingKey, {
    ...{ spec: SPEC, range: rangeOf('keyInfo'), expected: signingKey, actual: certificate.subject },
    remedy: `the report names another kind of key: ${address(signer, signingKey)}`,
  });
  const { extension, issues } = extensionOf(certificate);
  const [issue] = issues;
  list.check('vek.extensions', "AMD's extensions are well-formed", extension !== undefined, {
    ...{ spec: SPEC, ...(issue ? { actual: issue.message } : {}) },
    remedy: "give the certificate as AMD's key server serves it",
  });
  if (!extension) return certificate;
  checkProduct(list, certificate, extension.productName, signingKey, signer);
  checkChip(list, extension, signer);
  const reported = tcbOf(report.reportedTcb);
  list.check('vek.tcb', 'it is for REPORTED_TCB', sameTcb(extension.tcb, reported), {
    ...{ spec: SPEC, range: rangeOf('reportedTcb') },
    ...{ expected: tcbText(extension.tcb), actual: tcbText(reported) },
    remedy: `give the certificate for that TCB: ${address(signer, signingKey)}`,
  });
  return certificate;
}
