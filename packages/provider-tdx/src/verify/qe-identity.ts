/** QE identity, version 2: what a TD quoting enclave must look like. Source: Intel PCS API v4, Enclave Identity v2; Intel SGX DCAP QVL, EnclaveReportVerifier. */
import { equalBytes } from '@tsm/core';
import { JsonFields } from './json-fields.ts';
import type { JsonObject, JsonRead } from './json.ts';
import { MAX_U32, svnLevelOf, type SvnLevel } from './tcb-info.ts';
import { LEVEL_STATUSES, type LevelStatus, type ModuleStatus } from './tcb-status.ts';

export interface QeIdentity {
  readonly issueDate: Date;
  readonly nextUpdate: Date;
  readonly evaluationDataNumber: number;
  /** Bytes in the order of the report. */
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  /** In the order served. */
  readonly levels: readonly SvnLevel[];
}

/** Of the inner JSON object, the value of `enclaveIdentity`. `reason`: why it is no identity of a TD quoting enclave. */
export function readQeIdentity(object: JsonObject): JsonRead<QeIdentity> {
  const fields = new JsonFields(object);
  const id = fields.text('id');
  if (id !== 'TD_QE') return { reason: `id is ${id === '' ? 'missing' : id}, not TD_QE` };
  const version = fields.integer('version', MAX_U32);
  if (version !== 2) return { reason: `version is ${String(version)}, not 2` };
  const value: QeIdentity = {
    issueDate: fields.date('issueDate'),
    nextUpdate: fields.date('nextUpdate'),
    evaluationDataNumber: fields.integer('tcbEvaluationDataNumber', MAX_U32),
    miscSelect: fields.hex('miscselect', 4),
    miscSelectMask: fields.hex('miscselectMask', 4),
    attributes: fields.hex('attributes', 16),
    attributesMask: fields.hex('attributesMask', 16),
    mrSigner: fields.hex('mrsigner', 32),
    isvProdId: fields.integer('isvprodid', 0xffff),
    levels: fields
      .list('tcbLevels')
      .map((level) => svnLevelOf<LevelStatus>(level, LEVEL_STATUSES, 'Revoked')),
  };
  if (value.levels.length === 0) fields.problems.push('tcbLevels is empty');
  const [problem] = fields.problems;
  return problem === undefined ? { value } : { reason: problem };
}

/** Are the bits under the mask those of the identity? */
export function masked(actual: Uint8Array, mask: Uint8Array): Uint8Array {
  return actual.map((byte, i) => byte & (mask[i] ?? 0));
}

export function sameUnderMask(actual: Uint8Array, mask: Uint8Array, expected: Uint8Array): boolean {
  return equalBytes(masked(actual, mask), expected);
}

/** Status of an enclave of this level: what is neither up to date nor revoked counts as out of date. */
export function qeStatus(level: SvnLevel | undefined): ModuleStatus | 'NotSupported' {
  if (!level) return 'NotSupported';
  return level.status === 'UpToDate' || level.status === 'Revoked' ? level.status : 'OutOfDate';
}
