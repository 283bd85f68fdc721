/** TCB info of TDX, version 3: which security versions of a platform are up to date. Source: Intel PCS API v4, TCB Info v3. */
import { JsonFields } from './json-fields.ts';
import type { JsonObject, JsonRead } from './json.ts';
import { LEVEL_STATUSES, MODULE_STATUSES, type LevelStatus, type ModuleStatus } from './tcb-status.ts';

/** A level of the platform; security versions are one number for each of 16 components. */
export interface TcbLevel {
  readonly sgxComponents: readonly number[];
  readonly tdxComponents: readonly number[];
  readonly pceSvn: number;
  readonly status: LevelStatus;
  readonly date: Date;
  readonly advisories: readonly string[];
}

/** A level of one enclave or module, by its own security version. */
export interface SvnLevel<Status extends LevelStatus = LevelStatus> {
  readonly isvSvn: number;
  readonly status: Status;
  readonly date: Date;
  readonly advisories: readonly string[];
}

/** Who must have signed a TDX module, and its SEAM attributes. */
export interface TdxModule {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
}

/** A TDX module of a major version, `TDX_01`. */
export interface TdxModuleIdentity extends TdxModule {
  readonly id: string;
  /** The newest first. */
  readonly levels: readonly SvnLevel<ModuleStatus>[];
}

export interface TcbInfo {
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  readonly issueDate: Date;
  readonly nextUpdate: Date;
  readonly evaluationDataNumber: number;
  /** Modules of major version 0. */
  readonly module: TdxModule;
  readonly moduleIdentities: readonly TdxModuleIdentity[];
  /** The newest first. */
  readonly levels: readonly TcbLevel[];
}

const COMPONENTS = 16;
const MAX_U16 = 0xffff;
export const MAX_U32 = 0xffff_ffff;

function componentsOf(tcb: JsonFields, name: string): number[] {
  const svns = tcb.list(name).map((one) => one.integer('svn', 0xff));
  if (svns.length !== COMPONENTS) tcb.problems.push(`${name} has ${String(svns.length)} entries, not 16`);
  return svns;
}

function levelOf(level: JsonFields): TcbLevel {
  const tcb = level.nested('tcb');
  return {
    sgxComponents: tcb ? componentsOf(tcb, 'sgxtcbcomponents') : [],
    tdxComponents: tcb ? componentsOf(tcb, 'tdxtcbcomponents') : [],
    pceSvn: tcb?.integer('pcesvn', MAX_U16) ?? 0,
    status: level.oneOf('tcbStatus', LEVEL_STATUSES) ?? 'Revoked',
    date: level.date('tcbDate'),
    advisories: level.texts('advisoryIDs'),
  };
}

/** A level that an ISVSVN reaches; also those of the quoting enclave. */
export function svnLevelOf<Status extends LevelStatus>(
  level: JsonFields,
  statuses: readonly Status[],
  worst: Status,
): SvnLevel<Status> {
  return {
    isvSvn: level.nested('tcb')?.integer('isvsvn', MAX_U16) ?? 0,
    status: level.oneOf('tcbStatus', statuses) ?? worst,
    date: level.date('tcbDate'),
    advisories: level.texts('advisoryIDs'),
  };
}

function moduleOf(module: JsonFields | undefined): TdxModule {
  return {
    mrSigner: module?.hex('mrsigner', 48) ?? new Uint8Array(48),
    attributes: module?.hex('attributes', 8) ?? new Uint8Array(8),
  };
}

function identityOf(identity: JsonFields): TdxModuleIdentity {
  const levels = identity
    .list('tcbLevels')
    .map((level) => svnLevelOf(level, MODULE_STATUSES, 'Revoked'))
    .sort((a, b) => b.isvSvn - a.isvSvn);
  return { id: identity.text('id').toUpperCase(), ...moduleOf(identity), levels };
}

/** The numbers that order levels: the first that differ decide (TcbLevel::operator> of Intel's QVL). */
function rank({ sgxComponents, tdxComponents, pceSvn }: TcbLevel): number[] {
  return [...sgxComponents, ...tdxComponents, pceSvn];
}

/** Below zero when `a` is the newer level. */
function newestFirst(a: TcbLevel, b: TcbLevel): number {
  const other = rank(b);
  const differs = rank(a).findIndex((svn, i) => svn !== other[i]);
  return differs < 0 ? 0 : (other[differs] ?? 0) - (rank(a)[differs] ?? 0);
}

/** Of the inner JSON object, the value of `tcbInfo`. `reason`: why it is no TCB info of TDX. */
export function readTcbInfo(object: JsonObject): JsonRead<TcbInfo> {
  const fields = new JsonFields(object);
  const id = fields.text('id');
  if (id !== 'TDX') return { reason: `id is ${id === '' ? 'missing' : id}, not TDX` };
  const version = fields.integer('version', MAX_U32);
  if (version !== 3) return { reason: `version is ${String(version)}, not 3` };
  const tcbType = fields.integer('tcbType', MAX_U32);
  if (tcbType !== 0) return { reason: `tcbType is ${String(tcbType)}, not 0` };
  const identities = fields.has('tdxModuleIdentities') ? fields.list('tdxModuleIdentities') : [];
  const levels = fields.list('tcbLevels').map(levelOf).sort(newestFirst);
  const value: TcbInfo = {
    fmspc: fields.hex('fmspc', 6),
    pceId: fields.hex('pceId', 2),
    issueDate: fields.date('issueDate'),
    nextUpdate: fields.date('nextUpdate'),
    evaluationDataNumber: fields.integer('tcbEvaluationDataNumber', MAX_U32),
    module: moduleOf(fields.nested('tdxModule')),
    moduleIdentities: identities.map(identityOf),
    levels,
  };
  if (levels.length === 0) fields.problems.push('tcbLevels is empty');
  if (levels.some((level, i) => i > 0 && newestFirst(level, levels[i - 1] ?? level) === 0))
    fields.problems.push('tcbLevels has a level twice');
  const [problem] = fields.problems;
  return problem === undefined ? { value } : { reason: problem };
}

/** The identity of modules of this major version, or undefined. */
export function moduleIdentity(info: TcbInfo, majorVersion: number): TdxModuleIdentity | undefined {
  const id = `TDX_${majorVersion.toString(16).padStart(2, '0').toUpperCase()}`;
  return info.moduleIdentities.find((one) => one.id === id);
}

/** The first of the levels, newest first, that the ISVSVN reaches. */
export function svnLevel<Level extends SvnLevel>(
  levels: readonly Level[],
  isvSvn: number,
): Level | undefined {
  return levels.find((level) => isvSvn >= level.isvSvn);
}
