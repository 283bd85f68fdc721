/** Appraisal of claims against reference values and constraints. */
export { appraise } from './appraise.ts';
export { claimsOf, type AppraisalClaims, type ClaimedRegister } from './claims.ts';
export { exportCorim, importCorim } from './corim.ts';
export { earOf, type EarOptions } from './ear.ts';
export type { Exported, Imported } from './exchange.ts';
export { POLICY_ISSUES } from './issues.ts';
export type { Constraint, Policy, PolicyValue, ReferenceValue } from './model.ts';
export { parsePolicy } from './parse.ts';
export { POLICY_FORMATS, readPolicy, type PolicyFormat } from './recognise.ts';
export { exportRvps, importRvps } from './rvps.ts';
export { POLICY_SCHEMA } from './schema.ts';
