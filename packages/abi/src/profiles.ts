/** Revisions of the ABI, as posted and as merged: what each shows, and where its answers differ. */
import { TsmError } from '@tsm/core';

/** How measurement registers are shown; `none` before there were any. */
export type RegisterView = 'none' | 'rtmrs' | 'directories' | 'banks' | 'measurements' | 'unified';

/** How TSMs for PCI devices are shown: not at all, one (2024), as a class (6.19), with the guest's side as proposed. */
export type PciView = 'none' | 'rfc-2024' | 'class' | 'devsec';

export interface ReportRevision {
  /** `2023`: the posting with `certs`. `6.7`: with `auxblob`. `6.11`: with the attributes of SVSM services. */
  readonly attributes: '2023' | '6.7' | '6.11';
  /** Largest blob that is read, in bytes. */
  readonly blobMax: number;
  /** Whether a provider may register while items exist. */
  readonly lateProvider: boolean;
  /** What a stale read answers when the provider is gone. */
  readonly missingProvider: 'ENOTTY' | 'ENXIO';
}

export interface TdxRevision {
  /** Buffer shared with the VMM for GetQuote in bytes, its header of 24 included. */
  readonly quoteBuffer: number;
  /** What a GetQuote status other than success gives. */
  readonly badStatus: 'empty' | 'EIO';
  /** Whether TDG.MR.REPORT tells a busy operand from a wrong one (EBUSY, ENXIO), or not (EIO). */
  readonly preciseErrors: boolean;
}

export interface Profile {
  readonly name: ProfileName;
  readonly title: string;
  readonly report: ReportRevision;
  readonly tdx: TdxRevision;
  readonly registers: RegisterView;
  readonly pci: PciView;
}

const KIB = 1024;
const TDX_OLD: TdxRevision = { quoteBuffer: 8 * KIB, badStatus: 'empty', preciseErrors: false };
const TDX_616: TdxRevision = { ...TDX_OLD, preciseErrors: true };
const TDX_7: TdxRevision = { ...TDX_616, quoteBuffer: 128 * KIB };
const TDX_2026: TdxRevision = { ...TDX_7, badStatus: 'EIO' };
const REPORT_67: ReportRevision = {
  ...{ attributes: '6.7', blobMax: 32 * KIB, lateProvider: true, missingProvider: 'ENOTTY' },
};
const REPORT_611: ReportRevision = { ...REPORT_67, attributes: '6.11' };
const REPORT_616: ReportRevision = { ...REPORT_611, lateProvider: false, missingProvider: 'ENXIO' };
const REPORT_7: ReportRevision = { ...REPORT_616, blobMax: 16 * KIB * KIB };

/** In order of time. */
export const PROFILE_NAMES = [
  ...(['report-2023', '6.7', 'rtmrs-2024', 'pci-rfc-2024', '6.11', 'mr-rfc-2024'] as const),
  ...(['mr-v2-2025', '6.16', '6.19', '7.0', '2026-03', 'devsec-2026', 'unified'] as const),
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What is used where nobody asks for another. */
export const DEFAULT_PROFILE: ProfileName = '7.0';

type Row = readonly [
  title: string,
  report: ReportRevision,
  tdx: TdxRevision,
  registers: RegisterView,
  pci?: PciView,
];

const ROWS: Readonly<Record<ProfileName, Row>> = {
  'report-2023': ['posting v4, Sep 2023', { ...REPORT_67, attributes: '2023' }, TDX_OLD, 'none'],
  '6.7': ['Linux 6.7', REPORT_67, TDX_OLD, 'none'],
  'rtmrs-2024': ['posting of tsm/rtmrs, Jan 2024', REPORT_67, TDX_OLD, 'rtmrs'],
  'pci-rfc-2024': ['posting of one TSM for PCI, Feb 2024', REPORT_67, TDX_OLD, 'none', 'rfc-2024'],
  '6.11': ['Linux 6.11', REPORT_611, TDX_OLD, 'none'],
  'mr-rfc-2024': ['posting of register directories with logs, Sep 2024', REPORT_611, TDX_OLD, 'directories'],
  'mr-v2-2025': ['posting of register banks, Feb 2025', REPORT_611, TDX_OLD, 'banks'],
  '6.16': ['Linux 6.16', REPORT_616, TDX_616, 'measurements'],
  '6.19': ['Linux 6.19', REPORT_616, TDX_616, 'measurements', 'class'],
  '7.0': ['Linux 7.0', REPORT_7, TDX_7, 'measurements', 'class'],
  '2026-03': ['Linux of March 2026', REPORT_7, TDX_2026, 'measurements', 'class'],
  'devsec-2026': ['posting of lock and accept, Mar 2026', REPORT_7, TDX_2026, 'measurements', 'devsec'],
  unified: ['one tree for all vendors', REPORT_7, TDX_2026, 'unified', 'devsec'],
};

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(ROWS, name);
}

/** The profile of this name; a TsmError `EINVAL` lists those that there are. */
export function profileOf(name: string): Profile {
  if (!isProfileName(name))
    throw new TsmError('EINVAL', `no profile ${name}: expected one of ${PROFILE_NAMES.join(', ')}`);
  const [title, report, tdx, registers, pci = 'none'] = ROWS[name];
  return { name, title, report, tdx, registers, pci };
}
