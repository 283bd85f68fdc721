/** Can the quote be verified at all? Says by name what it is when it cannot. Source: Intel TDX DCAP Quoting Library API, A.3, A.4. */
import { equalBytes, toHex, type Issue } from '@tsm/core';
import { sizeOf } from '@tsm/core/layout';
import type { CheckList } from '@tsm/evidence';
import { decodeQuote, INTEL_QE_VENDOR_ID } from '../evidence.ts';
import { CERTIFICATION, PpidCleartext, PpidRsa2048, PpidRsa3072 } from '../layout/certification-data.ts';
import { readQuoteParts, type QuoteParts } from '../quote-parts.ts';
import { rangeOf } from './context.ts';

const SPEC = 'Intel TDX DCAP Quoting Library API, A.3, A.4';

/** What each error of the decoder is called in a verdict. */
const PARTS: Readonly<Record<string, readonly [id: string, title: string, expected: string]>> = {
  'tdx.not-tdx': ['tee-type', 'the quote is of a TD', 'TEE type 0x81, TDX'],
  'tdx.quote-version': ['version', 'the version of the quote is known', '4 or 5'],
  'tdx.key-type': ['key-type', 'the type of the attestation key is known', '2, ECDSA P-256 with SHA-256'],
  'tdx.body-type': ['body', 'the body is a TD report', '2 (TD 1.0) or 3 (TD 1.5)'],
  'tdx.certification-data': ['certification', 'the quote carries a QE report', 'certification data type 6'],
};
const INCOMPLETE = ['complete', 'the quote is whole', 'every field, and nothing between them'] as const;

function failure(issues: readonly Issue[]): Issue | undefined {
  return (
    issues.find(({ code }) => code in PARTS) ??
    issues.find(({ severity }) => severity === 'error') ??
    issues.find(({ code }) => code === 'layout.unread')
  );
}

/** The parts of a quote that can be verified; undefined, with a failed check, for any other. */
export function checkStructure(checks: CheckList, bytes: Uint8Array): QuoteParts | undefined {
  const quote = readQuoteParts(bytes);
  const title = 'the quote can be read';
  if (!quote) {
    const issue = failure(decodeQuote(bytes).issues);
    const [id, what, expected] = (issue && PARTS[issue.code]) ?? INCOMPLETE;
    const list = checks.group('structure', title, { spec: SPEC });
    const range = { offset: issue?.offset ?? 0, length: issue?.length ?? bytes.length };
    list.check(`structure.${id}`, what, false, {
      ...{
        spec: issue?.spec ?? SPEC,
        range,
        expected,
        actual: issue?.message ?? 'not the layout of a quote',
      },
      remedy: 'give a TDX quote of version 4 or 5 as the TD got it, without loss',
    });
    return undefined;
  }
  const { version, tdVersion, qeVendorId, trailing } = quote;
  checks.check('structure', title, true, {
    ...{ spec: SPEC, range: { offset: 0, length: bytes.length - trailing } },
    actual: `quote version ${String(version)}, TD ${tdVersion}, ECDSA P-256`,
  });
  if (trailing > 0)
    checks.notChecked('trailing', `${String(trailing)} bytes after the quote: not part of it, and not read`);
  checks.check('structure.vendor', 'the quoting enclave is one of Intel', isIntel(qeVendorId.bytes), {
    ...{ spec: SPEC, ...rangeOf(qeVendorId) },
    ...{ expected: toHex(INTEL_QE_VENDOR_ID), actual: toHex(qeVendorId.bytes) },
  });
  const { pckType, pckData } = quote;
  checks.check(
    'structure.certification',
    'the certification data is of a known type',
    isCertification(quote),
    {
      ...{ spec: SPEC, ...rangeOf(pckData), expected: 'type 1 to 5 or 7, and of its size' },
      actual: `type ${String(pckType)}, ${String(pckData.bytes.length)} bytes`,
    },
  );
  return quote;
}

/** Sizes of the types that have one. */
const CERTIFICATION_SIZES: Readonly<Record<number, number | undefined>> = {
  [CERTIFICATION.PPID_CLEARTEXT]: sizeOf(PpidCleartext),
  [CERTIFICATION.PPID_RSA2048_ENCRYPTED]: sizeOf(PpidRsa2048),
  [CERTIFICATION.PPID_RSA3072_ENCRYPTED]: sizeOf(PpidRsa3072),
  [CERTIFICATION.PCK_CLEARTEXT]: undefined,
  [CERTIFICATION.PCK_CERT_CHAIN]: undefined,
  [CERTIFICATION.PLATFORM_MANIFEST]: undefined,
};

function isCertification({ pckType, pckData }: QuoteParts): boolean {
  const size = CERTIFICATION_SIZES[pckType] ?? pckData.bytes.length;
  return String(pckType) in CERTIFICATION_SIZES && size === pckData.bytes.length;
}

function isIntel(vendor: Uint8Array): boolean {
  return equalBytes(vendor, INTEL_QE_VENDOR_ID);
}
