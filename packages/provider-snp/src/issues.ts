/** Issues that reading SEV-SNP evidence and firmware can raise. */
import { issueTable } from '@tsm/core';

interface Found {
  /** What stands there, in words or in hex. */
  readonly found: string;
}

const ABI = 'AMD SEV-SNP ABI (56860) §7.3';
const KDS = 'AMD VCEK certificate and KDS interface (57230) §3';
const TABLE = 'AMD GHCB (56421) §4.1.8.1';
const SVSM = 'AMD SVSM (58019) §7.1';
const OVMF = 'EDK II OvmfPkg/ResetVector';

export const SNP_ISSUES = issueTable({
  'snp.report-version': {
    severity: 'error',
    message: (a: Found) => `report version ${a.found} — expected 2 to 5`,
    spec: ABI,
  },
  'snp.processor': {
    severity: 'warning',
    message: (a: Found) =>
      `processor ${a.found} is not known: the order of its TCB fields follows from its family alone`,
    spec: 'AMD SEV-SNP ABI (56860) §2.2',
  },
  'snp.signature-algorithm': {
    severity: 'error',
    message: (a: Found) => `signature algorithm ${a.found} — expected 1, ECDSA P-384 with SHA-384`,
    spec: ABI,
  },
  'snp.policy': {
    severity: 'error',
    message: () => 'bit 17 of POLICY must be one',
    spec: 'AMD SEV-SNP ABI (56860) §4.3',
  },
  'snp.certificate-table': {
    severity: 'error',
    message: (a: { reason: string }) => `the certificate table cannot be read: ${a.reason}`,
    spec: TABLE,
  },
  'snp.services-manifest': {
    severity: 'error',
    message: (a: { reason: string }) => `the services manifest cannot be read: ${a.reason}`,
    spec: SVSM,
  },
  'snp.azure': {
    severity: 'error',
    message: (a: { reason: string }) => `not the evidence of an Azure SEV-SNP VM: ${a.reason}`,
  },
  'snp.kds-extension': {
    severity: 'error',
    message: (a: { field: string; oid: string; expected: string }) =>
      `${a.field} (${a.oid}) of the certificate is missing or is not ${a.expected}`,
    spec: KDS,
  },
  'snp.firmware-size': {
    severity: 'error',
    message: (a: { what: string; size: number }) =>
      `${a.what} has ${String(a.size)} bytes — expected a multiple of 4096, at most 256 MiB`,
    spec: OVMF,
  },
  'snp.firmware-table': {
    severity: 'error',
    message: (a: { reason: string }) => `no table of GUIDs at the end of the firmware: ${a.reason}`,
    spec: OVMF,
  },
  'snp.firmware-entry': {
    severity: 'error',
    message: (a: { entry: string; why: string }) => `the firmware has no ${a.entry}: ${a.why}`,
    spec: OVMF,
  },
  'snp.firmware-metadata': {
    severity: 'error',
    message: (a: { reason: string }) => `the SEV metadata of the firmware cannot be read: ${a.reason}`,
    spec: `${OVMF}/X64/OvmfSevMetadata.asm`,
  },
  'snp.kernel-hashes': {
    severity: 'error',
    message: (a: { reason: string }) => `the kernel cannot be measured: ${a.reason}`,
    spec: 'QEMU target/i386/sev.c',
  },
  'snp.key': {
    severity: 'error',
    message: (a: { input: string }) => `${a.input} is not a P-384 public key (PEM, JWK, SPKI or raw point)`,
    spec: 'AMD SEV-SNP ABI (56860) §8.18',
  },
});
