/** Which TCB level a platform reaches. Pure. Source: Intel SGX DCAP QVL, checkTcbLevel and TdxModuleCheck; Intel PCS API v4, TCB Info v3. */
import { relaunchStatus } from './relaunch.ts';
import {
  moduleIdentity,
  svnLevel,
  type SvnLevel,
  type TcbInfo,
  type TcbLevel,
  type TdxModule,
} from './tcb-info.ts';
import { converge, type ModuleStatus, type TcbStatus } from './tcb-status.ts';

/** Security versions of the platform: from its PCK certificate, and from the quote. */
export interface PlatformSvns {
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  readonly pceSvn: number;
  /** TEE_TCB_SVN, 16 bytes: the TDX module at launch. Byte 1 is its major version, byte 0 its ISVSVN. */
  readonly teeTcbSvn: Uint8Array;
  /** TEE_TCB_SVN2, 16 bytes: the TDX module that runs now; TD 1.5 only. */
  readonly teeTcbSvn2?: Uint8Array | undefined;
}

/** A status, and the levels that it comes from. */
export interface TcbEvaluation {
  readonly status: TcbStatus;
  /** The level that CPUSVN and PCESVN alone reach. */
  readonly sgxLevel?: TcbLevel | undefined;
  readonly tdxLevel?: TcbLevel | undefined;
  /** Absent for a module of major version 0, which the platform's levels cover. */
  readonly moduleLevel?: SvnLevel<ModuleStatus> | undefined;
}

/** What the TDX module of the quote must look like, or undefined when TCB info does not know it. */
export function expectedModule(info: TcbInfo, teeTcbSvn: Uint8Array): TdxModule | undefined {
  const [, majorVersion = 0] = teeTcbSvn;
  return majorVersion === 0 ? info.module : moduleIdentity(info, majorVersion);
}

/** True when every component from `start` on is at least what the level asks for. */
function reaches(svns: Uint8Array, components: readonly number[], start = 0): boolean {
  return components.every((component, i) => i < start || (svns[i] ?? 0) >= component);
}

/** A module of major version 1 and above has levels of its own, so that its two bytes are not compared here. */
function firstTdxComponent(teeTcbSvn: Uint8Array): number {
  return (teeTcbSvn[1] ?? 0) > 0 ? 2 : 0;
}

/**
 * Status of the platform. `qe`: status of the quoting enclave, where it is known. The identity of the module must have
 * been checked before: a module that TCB info does not know is NotSupported here.
 */
export function evaluateTcb(
  platform: PlatformSvns,
  info: TcbInfo,
  qe: ModuleStatus | 'NotSupported' | undefined,
): TcbEvaluation {
  const { cpuSvn, pceSvn, teeTcbSvn } = platform;
  const candidates = info.levels.filter(
    (level) => reaches(cpuSvn, level.sgxComponents) && pceSvn >= level.pceSvn,
  );
  const [sgxLevel] = candidates;
  const start = firstTdxComponent(teeTcbSvn);
  const tdxLevel = candidates.find((level) => reaches(teeTcbSvn, level.tdxComponents, start));
  if (!sgxLevel || !tdxLevel) return { status: 'NotSupported', sgxLevel };

  const [isvSvn = 0, majorVersion = 0] = teeTcbSvn;
  const levels = moduleIdentity(info, majorVersion)?.levels ?? [];
  const moduleLevel = majorVersion === 0 ? undefined : svnLevel(levels, isvSvn);
  const module = majorVersion === 0 ? 'UpToDate' : (moduleLevel?.status ?? 'NotSupported');
  const matched = { sgxLevel, tdxLevel, moduleLevel };

  const withModule = converge(tdxLevel.status, module);
  if (withModule === 'Revoked' || withModule === 'NotSupported') return { status: withModule, ...matched };
  const status = relaunchStatus(platform.teeTcbSvn2, info, {
    ...{ sgx: sgxLevel.status, tdx: withModule, module, qe },
  });
  return { status: qe === undefined ? status : converge(status, qe), ...matched };
}
