/** How a quote's signature leads to the PCK certificate. Spec: Intel TDX DCAP Quoting Library API, A.3.9–A.3.11; DCAP sgx_quote_3.h, sgx_quote_4.h. */
import {
  bytes,
  choice,
  enumOf,
  field,
  prefixed,
  rest,
  struct,
  u16le,
  u32le,
  windowOf,
  type Codec,
} from '@tsm/core/layout';
import { SgxReportBody } from './sgx-report.ts';

/** Certification data types (DCAP sgx_ql_cert_key_type_t). */
export const CERTIFICATION = {
  PPID_CLEARTEXT: 1,
  PPID_RSA2048_ENCRYPTED: 2,
  PPID_RSA3072_ENCRYPTED: 3,
  PCK_CLEARTEXT: 4,
  PCK_CERT_CHAIN: 5,
  QE_REPORT: 6,
  PLATFORM_MANIFEST: 7,
} as const;

const TYPES = Object.entries(CERTIFICATION).map(([name, value]) => ({ name, value }));

/** Names the PCK certificate without carrying it; `ppidSize` 16 in clear text, 256 or 384 encrypted. */
function ppid(name: string, ppidSize: number) {
  return struct(name, 'DCAP sgx_quote_3.h, sgx_ql_ppid_*_cert_info_t', {
    ppid: field(bytes(ppidSize), 'Provisioning platform id'),
    cpuSvn: field(bytes(16), 'CPUSVN of the PCK certificate'),
    pceSvn: field(u16le, 'Security version of the PCE'),
    pceId: field(u16le, 'Id of the PCE'),
  });
}

export const PpidCleartext = ppid('PpidCleartext', 16);
export const PpidRsa2048 = ppid('PpidRsa2048', 256);
export const PpidRsa3072 = ppid('PpidRsa3072', 384);

/** Types without an entry are text or opaque: 4 and 5 PEM (may end in NUL), 7 the platform manifest. */
const PCK_DATA: ReadonlyMap<unknown, Codec<unknown>> = new Map<number, Codec<unknown>>([
  [CERTIFICATION.PPID_CLEARTEXT, PpidCleartext],
  [CERTIFICATION.PPID_RSA2048_ENCRYPTED, PpidRsa2048],
  [CERTIFICATION.PPID_RSA3072_ENCRYPTED, PpidRsa3072],
]);

/** The inner certification data: the PCK certificate chain, or what names it. */
export const PckCertificationData = struct(
  'PckCertificationData',
  'Intel TDX DCAP Quoting Library API, A.3.9',
  {
    type: field(enumOf(u16le, TYPES), 'Kind of the data'),
    size: field(u32le, 'Size of the data in bytes'),
    data: field(
      windowOf(
        'size',
        choice('type', ({ type }) => PCK_DATA.get(type) ?? rest),
      ),
      'PCK certificate chain or its name',
    ),
  },
);

export const QeReportCertificationData = struct(
  'QeReportCertificationData',
  'Intel TDX DCAP Quoting Library API, A.3.11; sgx_ql_qe_report_certification_data_t',
  {
    qeReport: field(SgxReportBody, 'Report of the quoting enclave'),
    qeReportSignature: field(bytes(64), 'ECDSA P-256 by the PCK key over the QE report, r‖s'),
    qeAuthData: field(prefixed(u16le, rest), 'QE authentication data'),
    certificationData: field(PckCertificationData, 'Where the PCK key comes from'),
  },
);

const OUTER_DATA: ReadonlyMap<unknown, Codec<unknown>> = new Map<number, Codec<unknown>>([
  [CERTIFICATION.QE_REPORT, QeReportCertificationData],
]);

/** The outer certification data. Type 6 carries the QE report; the others stand where a QE report must. */
export const CertificationData = struct('CertificationData', 'Intel TDX DCAP Quoting Library API, A.3.9', {
  type: field(enumOf(u16le, TYPES), 'Kind of the data; 6 in a TDX quote'),
  size: field(u32le, 'Size of the data in bytes'),
  data: field(
    windowOf(
      'size',
      choice('type', ({ type }) => OUTER_DATA.get(type) ?? rest),
    ),
    'QE report and the certification of its key',
  ),
});
