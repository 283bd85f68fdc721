/** TDREPORT, what TDG.MR.REPORT returns: 1024 bytes. Spec: Intel TDX Module ABI, TDREPORT_STRUCT; Intel SDM vol. 3D. */
import { bytes, enumOf, field, flags, reserved, struct, u64le, u8 } from '@tsm/core/layout';
import { TD_ATTRIBUTES, XFAM } from './attributes.ts';

const SPEC = 'Intel TDX Module ABI, TDREPORT_STRUCT';

/** REPORTTYPE.TYPE of a TDREPORT. */
export const TDX_REPORT_TYPE = 0x81;

/** REPORTTYPE.VERSION of a TDREPORT. */
const TDINFO_VERSIONS = [
  { value: 0, name: 'TD 1.0', title: 'SERVTD_HASH is zero' },
  { value: 1, name: 'TD 1.5', title: 'SERVTD_HASH is used' },
];

export const ReportType = struct('ReportType', 'Intel TDX Module ABI, REPORTTYPE', {
  type: field(enumOf(u8, [{ value: TDX_REPORT_TYPE, name: 'TDX' }]), 'Who the report is about'),
  subtype: field(u8, 'Subtype; 0'),
  version: field(enumOf(u8, TDINFO_VERSIONS), 'Version of TDINFO'),
  reserved: field(reserved(1), 'Reserved'),
});

/** 256 bytes: what the processor's MAC covers, and the MAC. */
export const ReportMac = struct('ReportMac', 'Intel TDX Module ABI, REPORTMACSTRUCT', {
  reportType: field(ReportType, 'REPORTTYPE'),
  reserved1: field(reserved(12), 'Reserved'),
  cpuSvn: field(bytes(16), 'Security version of the processor'),
  teeTcbInfoHash: field(bytes(48), 'SHA-384 of TEE_TCB_INFO, 239 bytes'),
  teeInfoHash: field(bytes(48), 'SHA-384 of TDINFO, 512 bytes'),
  reportData: field(bytes(64), 'What the guest asked to be bound'),
  reserved2: field(reserved(32), 'Reserved'),
  mac: field(bytes(32), 'HMAC-SHA256 over the 224 bytes before it; only the same processor can check it'),
});

/** The TDX module: the same fields, in the same order, in a TDREPORT and in a quote. */
export const MODULE_FIELDS = {
  teeTcbSvn: field(bytes(16), 'Security versions of the TDX module at launch'),
  mrSeam: field(bytes(48), 'Measurement of the TDX module, SHA-384'),
  mrSignerSeam: field(bytes(48), "Measurement of the module's signer; zero for Intel"),
  seamAttributes: field(bytes(8), 'Attributes of the TDX module; zero'),
};

/** The TD: the same fields, in the same order, in a TDREPORT and in a quote. */
export const TD_FIELDS = {
  tdAttributes: field(flags(u64le, TD_ATTRIBUTES), 'ATTRIBUTES of the TD'),
  xfam: field(flags(u64le, XFAM), 'XSAVE components the TD may use (XFAM)'),
  mrtd: field(bytes(48), 'Measurement of the initial memory, SHA-384'),
  mrConfigId: field(bytes(48), 'MRCONFIGID: configuration, as the host gave it'),
  mrOwner: field(bytes(48), 'MROWNER: owner, as the host gave it'),
  mrOwnerConfig: field(bytes(48), "MROWNERCONFIG: owner's configuration, as the host gave it"),
  rtmr0: field(bytes(48), 'RTMR0: firmware configuration'),
  rtmr1: field(bytes(48), 'RTMR1: boot loader and kernel'),
  rtmr2: field(bytes(48), 'RTMR2: operating system'),
  rtmr3: field(bytes(48), 'RTMR3: applications'),
};

/** 239 bytes. */
export const TeeTcbInfo = struct('TeeTcbInfo', 'Intel TDX Module ABI, TEE_TCB_INFO_STRUCT', {
  valid: field(bytes(8), 'One bit for each 8 bytes that are valid'),
  ...MODULE_FIELDS,
  teeTcbSvn2: field(bytes(16), 'Security versions of the TDX module that runs now'),
  reserved: field(reserved(95), 'Reserved'),
});

/** 512 bytes: the TD itself. */
export const TdInfo = struct('TdInfo', 'Intel TDX Module ABI, TDINFO_STRUCT', {
  ...TD_FIELDS,
  servtdHash: field(bytes(48), 'Hash of the bound service TDs; zero in TD 1.0'),
  reserved: field(reserved(64), 'Reserved'),
});

/** 1024 bytes. */
export const TdReport = struct('TdReport', SPEC, {
  mac: field(ReportMac, 'REPORTMACSTRUCT'),
  teeTcbInfo: field(TeeTcbInfo, 'TEE_TCB_INFO'),
  reserved: field(reserved(17), 'Reserved'),
  tdInfo: field(TdInfo, 'TDINFO'),
});
