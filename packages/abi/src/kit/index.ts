/** The conformance kit: numbered cases that run on any tree that claims to be the Linux TSM ABI. */
export { CASES } from './cases/index.ts';
export { Mismatch } from './expect.ts';
export { toJunit, toTap } from './formats.ts';
export { inProcess, type InProcessOptions, type KitProviders } from './in-process.ts';
export {
  NotShown,
  type Case,
  type CaseResult,
  type CaseStatus,
  type Given,
  type GroupId,
  type Inside,
  type KitFile,
  type KitFiles,
  type KitResult,
  type KitStat,
  type Mark,
  type SevTio,
  type SevTioFaults,
  type Stage,
  type Subject,
  type Target,
} from './model.ts';
export { readFile, withFile, writeFile } from './report-item.ts';
export { runKit, type KitOptions } from './run.ts';
