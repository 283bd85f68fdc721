/** The body of an SGX report, which vouches for the quoting enclave. Spec: Intel SDM vol. 3D, REPORT structure. */
import { bytes, field, reserved, struct, u16le, u32le } from '@tsm/core/layout';
import { SgxAttributes } from './attributes.ts';

/** 384 bytes. */
export const SgxReportBody = struct('SgxReportBody', 'Intel SDM vol. 3D, REPORT; DCAP sgx_report_body_t', {
  cpuSvn: field(bytes(16), 'Security version of the processor'),
  miscSelect: field(u32le, 'Extended state saved at an exit (MISCSELECT)'),
  reserved1: field(reserved(12), 'Reserved'),
  isvExtProdId: field(bytes(16), 'Extended product id'),
  attributes: field(SgxAttributes, 'ATTRIBUTES'),
  mrEnclave: field(bytes(32), 'Measurement of the enclave, SHA-256'),
  reserved2: field(reserved(32), 'Reserved'),
  mrSigner: field(bytes(32), "SHA-256 of the signer's public key"),
  reserved3: field(reserved(32), 'Reserved'),
  configId: field(bytes(64), 'CONFIGID'),
  isvProdId: field(u16le, 'Product id; the TD quoting enclave has 2'),
  isvSvn: field(u16le, 'Security version of the enclave'),
  configSvn: field(u16le, 'CONFIGSVN'),
  reserved4: field(reserved(42), 'Reserved'),
  isvFamilyId: field(bytes(16), 'Product family id'),
  reportData: field(
    bytes(64),
    'What the enclave bound: SHA-256(attestation key ‖ QE authentication data), zeros',
  ),
});
