/** TDX quotes, versions 4 and 5. Spec: Intel TDX DCAP Quoting Library API, A.3, A.4; DCAP sgx_quote_4.h, sgx_quote_5.h. */
import {
  bytes,
  choice,
  enumOf,
  field,
  prefixed,
  reserved,
  rest,
  struct,
  u16le,
  u32le,
  windowOf,
  type Codec,
} from '@tsm/core/layout';
import { CertificationData } from './certification-data.ts';
import { SgxReportBody } from './sgx-report.ts';
import { MODULE_FIELDS, TD_FIELDS } from './td-report.ts';

const SPEC = 'Intel TDX DCAP Quoting Library API, A.3';
const SPEC_V5 = 'Intel TDX DCAP Quoting Library API, A.4';

export const TEE_TYPE = { SGX: 0, TDX: 0x81 } as const;
export const KEY_TYPE = { ECDSA_P256: 2, ECDSA_P384: 3 } as const;
export const BODY_TYPE = { SGX: 1, TD_1_0: 2, TD_1_5: 3 } as const;

const entries = (table: Readonly<Record<string, number>>) =>
  Object.entries(table).map(([name, value]) => ({ name, value }));

/** 48 bytes; of all versions. */
export const QuoteHeader = struct('QuoteHeader', `${SPEC}.1; sgx_quote4_header_t`, {
  version: field(u16le, 'Version of the quote'),
  keyType: field(enumOf(u16le, entries(KEY_TYPE)), 'Type of the attestation key'),
  teeType: field(enumOf(u32le, entries(TEE_TYPE)), 'What is attested'),
  reserved: field(
    choice('version', ({ version }) => (version === 3 ? bytes(4) : reserved(4))),
    'Reserved; in version 3 QE SVN and PCE SVN',
  ),
  qeVendorId: field(bytes(16), "Vendor of the quoting enclave; Intel's is 939a7233f79c4ca9940a0db3957f0607"),
  userData: field(bytes(20), 'Platform id of the quoting enclave (16 bytes), zeros'),
});

const TD_REPORT_1_0 = {
  ...MODULE_FIELDS,
  ...TD_FIELDS,
  reportData: field(bytes(64), 'What the guest asked to be bound'),
};

/** 584 bytes. */
export const TdQuoteBody10 = struct('TdQuoteBody10', `${SPEC}.2; sgx_report2_body_t`, TD_REPORT_1_0);

/** 648 bytes. */
export const TdQuoteBody15 = struct('TdQuoteBody15', `${SPEC}.2; sgx_report2_body_v1_5_t`, {
  ...TD_REPORT_1_0,
  teeTcbSvn2: field(bytes(16), 'Security versions of the TDX module that runs now'),
  mrServiceTd: field(bytes(48), 'Hash of the bound service TDs'),
});

export const EcdsaAuthData = struct('EcdsaAuthData', `${SPEC}.8; sgx_ecdsa_sig_data_v4_t`, {
  signature: field(
    bytes(64),
    'ECDSA P-256 by the attestation key over all before the authentication data, r‖s',
  ),
  attestationKey: field(bytes(64), 'Attestation public key, x‖y'),
  certificationData: field(CertificationData, 'What certifies the attestation key'),
});

/** The authentication data; of a key type without a layout here the bytes. */
const AUTH_DATA = field(
  prefixed(u32le, choice('header.keyType', authDataOf)),
  'Authentication data: signature and certification',
);

function authDataOf({ header }: Readonly<Record<string, unknown>>): Codec<unknown> {
  const { keyType } = (header ?? {}) as { keyType?: unknown };
  return keyType === KEY_TYPE.ECDSA_P256 ? EcdsaAuthData : rest;
}

const SIGNED_V4 = {
  header: field(QuoteHeader, 'Header'),
  body: field(TdQuoteBody10, 'The TD, as its TDREPORT says'),
};

/** The signed bytes of a version 4 quote. */
export const SignedQuoteV4 = struct('SignedQuoteV4', SPEC, SIGNED_V4);

export const QuoteV4 = struct('QuoteV4', `${SPEC}; sgx_quote4_t`, { ...SIGNED_V4, authData: AUTH_DATA });

/** What a version 5 quote may carry. */
const BODIES: ReadonlyMap<unknown, Codec<unknown>> = new Map<number, Codec<unknown>>([
  [BODY_TYPE.SGX, SgxReportBody],
  [BODY_TYPE.TD_1_0, TdQuoteBody10],
  [BODY_TYPE.TD_1_5, TdQuoteBody15],
]);

const SIGNED_V5 = {
  header: field(QuoteHeader, 'Header'),
  bodyType: field(enumOf(u16le, entries(BODY_TYPE)), 'Kind of the body'),
  bodySize: field(u32le, 'Size of the body in bytes'),
  body: field(
    windowOf(
      'bodySize',
      choice('bodyType', ({ bodyType }) => BODIES.get(bodyType) ?? rest),
    ),
    'The TD',
  ),
};

/** The signed bytes of a version 5 quote. */
export const SignedQuoteV5 = struct('SignedQuoteV5', SPEC_V5, SIGNED_V5);

export const QuoteV5 = struct('QuoteV5', `${SPEC_V5}; sgx_quote5_t`, { ...SIGNED_V5, authData: AUTH_DATA });

/** A quote that only its header can be read of: another TEE, or another version. */
export const OtherQuote = struct('OtherQuote', SPEC, {
  header: field(QuoteHeader, 'Header'),
  content: field(rest, 'Not read'),
});
