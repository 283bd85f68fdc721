/** ATTESTATION_REPORT, 1184 bytes. Spec: AMD SEV-SNP Firmware ABI (56860), §7.3, table 22. */
import {
  bytes,
  enumOf,
  field,
  flags,
  reserved,
  struct,
  u32le,
  u64le,
  u8,
  type Codec,
  type Field,
  type Infer,
  type Layout,
} from '@tsm/core/layout';
import { EcdsaSignature, SIGNATURE_ALGORITHMS } from './ecdsa.ts';
import { GuestPolicy, PLATFORM_INFO } from './policy.ts';
import { TcbVersion, TcbVersionTurin, type WireTcb } from './tcb.ts';

const SPEC = 'AMD SEV-SNP ABI (56860) §7.3, table 22';

export const REPORT_SIZE = 1184;
/** The signature covers the bytes before it. */
export const SIGNED_SIZE = 0x2a0;

const VMPLS = [0, 1, 2, 3].map((value) => ({ value, name: `VMPL${String(value)}` }));

/** Bits of the word at 0x48; SIGNING_KEY is a number in bits 2 to 4. */
const KEY_INFO = { AUTHOR_KEY_EN: 0, MASK_CHIP_KEY: 1, SIGNING_KEY_0: 2, SIGNING_KEY_1: 3, SIGNING_KEY_2: 4 };

/** SIGNING_KEY. */
export const SIGNING_KEY = { VCEK: 0, VLEK: 1, NONE: 7 } as const;

export type ReportVersion = 2 | 3 | 5;
/** Order of the fields in a TCB_VERSION. */
export type TcbForm = 'milan' | 'turin';

/** A field of later versions; its bytes are reserved before. */
type Since<T> = Field<T | Uint8Array>;
type Cpuid = Readonly<Record<'cpuidFamily' | 'cpuidModel' | 'cpuidStepping', Since<number>>>;
type Mitigations = Readonly<Record<'launchMitVector' | 'currentMitVector', Since<bigint>>>;

/** Version 3 says which processor it is. */
const CPUID: Cpuid = {
  cpuidFamily: field(u8, 'Family (extended and base)'),
  cpuidModel: field(u8, 'Model (extended and base)'),
  cpuidStepping: field(u8, 'Stepping'),
};
const NO_CPUID: Cpuid = {
  cpuidFamily: field(reserved(1), 'Reserved before version 3'),
  cpuidModel: field(reserved(1), 'Reserved before version 3'),
  cpuidStepping: field(reserved(1), 'Reserved before version 3'),
};
const MITIGATIONS: Mitigations = {
  launchMitVector: field(u64le, 'Mitigations that were on at launch'),
  currentMitVector: field(u64le, 'Mitigations that are on now'),
};
const NO_MITIGATIONS: Mitigations = {
  launchMitVector: field(reserved(8), 'Reserved before version 5'),
  currentMitVector: field(reserved(8), 'Reserved before version 5'),
};

/** The signed bytes of the report, and their signature, for one version and one order of TCB fields. */
function rowsOf(version: ReportVersion, form: TcbForm) {
  const tcb: Codec<WireTcb> = form === 'turin' ? TcbVersionTurin : TcbVersion;
  const cpuid = version >= 3 ? CPUID : NO_CPUID;
  const mitigations = version >= 5 ? MITIGATIONS : NO_MITIGATIONS;
  return {
    version: field(u32le, 'Version of the report'),
    guestSvn: field(u32le, 'SVN of the guest, from its ID block'),
    policy: field(GuestPolicy, 'POLICY of the guest'),
    familyId: field(bytes(16), 'FAMILY_ID, from the ID block'),
    imageId: field(bytes(16), 'IMAGE_ID, from the ID block'),
    vmpl: field(enumOf(u32le, VMPLS), 'VMPL that asked for the report'),
    signatureAlgo: field(enumOf(u32le, SIGNATURE_ALGORITHMS), 'Algorithm of the signature'),
    currentTcb: field(tcb, 'CURRENT_TCB: firmware that runs'),
    platformInfo: field(flags(u64le, PLATFORM_INFO), 'PLATFORM_INFO'),
    keyInfo: field(
      flags(u32le, KEY_INFO),
      'AUTHOR_KEY_EN, MASK_CHIP_KEY, SIGNING_KEY (0 VCEK, 1 VLEK, 7 none)',
    ),
    reserved1: field(reserved(4), 'Reserved'),
    reportData: field(bytes(64), 'REPORT_DATA: what the guest asked to be bound'),
    measurement: field(bytes(48), 'MEASUREMENT: launch digest'),
    hostData: field(bytes(32), 'HOST_DATA: what the host gave at launch'),
    idKeyDigest: field(bytes(48), 'SHA-384 of the ID key'),
    authorKeyDigest: field(bytes(48), 'SHA-384 of the author key'),
    reportId: field(bytes(32), 'REPORT_ID of the guest'),
    reportIdMa: field(bytes(32), 'REPORT_ID of its migration agent'),
    reportedTcb: field(tcb, 'REPORTED_TCB: what the signing key is derived from'),
    ...cpuid,
    reserved2: field(reserved(21), 'Reserved'),
    chipId: field(bytes(64), 'CHIP_ID, or zeros; Turin uses the first 8 bytes'),
    committedTcb: field(tcb, 'COMMITTED_TCB: no way back below it'),
    currentBuild: field(u8, 'Build of the firmware that runs'),
    currentMinor: field(u8, 'Its minor version'),
    currentMajor: field(u8, 'Its major version'),
    reserved3: field(reserved(1), 'Reserved'),
    committedBuild: field(u8, 'Build of the committed firmware'),
    committedMinor: field(u8, 'Its minor version'),
    committedMajor: field(u8, 'Its major version'),
    reserved4: field(reserved(1), 'Reserved'),
    launchTcb: field(tcb, 'LAUNCH_TCB: firmware at launch or import'),
    ...mitigations,
    reserved5: field(reserved(152), 'Reserved'),
    signature: field(EcdsaSignature, 'ECDSA P-384 with SHA-384 over the 672 bytes before it'),
  };
}

/** The fields that say how the others are to be read. */
export const ReportProbe = struct('ReportProbe', SPEC, {
  version: field(u32le, 'Version of the report'),
  before: field(bytes(0x184), 'Not looked at'),
  cpuidFamily: field(u8, 'Family, since version 3'),
  cpuidModel: field(u8, 'Model, since version 3'),
  between: field(bytes(22), 'Not looked at'),
  chipId: field(bytes(64), 'CHIP_ID'),
});

export const AttestationReportV2 = struct('AttestationReportV2', SPEC, rowsOf(2, 'milan'));
export const AttestationReportV3 = struct('AttestationReportV3', SPEC, rowsOf(3, 'milan'));
export const AttestationReportV5 = struct('AttestationReportV5', SPEC, rowsOf(5, 'milan'));
/** A version 2 report of a Turin has been seen from early firmware only. */
export const AttestationReportV2Turin = struct('AttestationReportV2Turin', SPEC, rowsOf(2, 'turin'));
export const AttestationReportV3Turin = struct('AttestationReportV3Turin', SPEC, rowsOf(3, 'turin'));
export const AttestationReportV5Turin = struct('AttestationReportV5Turin', SPEC, rowsOf(5, 'turin'));

export type AttestationReport = Infer<typeof AttestationReportV2>;

const TABLES: Readonly<Record<TcbForm, Readonly<Record<ReportVersion, Layout<AttestationReport>>>>> = {
  milan: { 2: AttestationReportV2, 3: AttestationReportV3, 5: AttestationReportV5 },
  turin: { 2: AttestationReportV2Turin, 3: AttestationReportV3Turin, 5: AttestationReportV5Turin },
};

export const REPORT_LAYOUTS: readonly Layout<AttestationReport>[] = Object.values(TABLES).flatMap(
  (byVersion) => Object.values(byVersion),
);

/** The table of a report. */
export function reportLayout(version: ReportVersion, form: TcbForm): Layout<AttestationReport> {
  return TABLES[form][version];
}
