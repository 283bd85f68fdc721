/** Runs cases on a target, each in the profiles it names or in the one that is asked for. */
import { profileOf, type ProfileName } from '../profiles.ts';
import { CASES } from './cases/index.ts';
import { NotShown, type Case, type CaseResult, type KitResult, type Subject, type Target } from './model.ts';

export interface KitOptions {
  /** Only what this profile should do. Default: each case in the profiles it names. */
  readonly profile?: ProfileName;
  /** Default: all. */
  readonly cases?: readonly Case[];
  /** Called after each case. */
  readonly progress?: (result: CaseResult) => void;
}

async function runIn(profile: ProfileName, run: Exclude<Case['run'], string>, target: Target): Promise<void> {
  const subjects: Subject[] = [];
  try {
    await run({
      profile: profileOf(profile),
      async start(given) {
        const subject = await target.start(profile, given);
        subjects.push(subject);
        return subject;
      },
    });
  } finally {
    for (const subject of subjects) await subject.close();
  }
}

function profilesFor(one: Case, wanted: ProfileName | undefined): readonly ProfileName[] {
  if (wanted === undefined) return one.profiles;
  return one.profiles.includes(wanted) || one.holds(profileOf(wanted)) ? [wanted] : [];
}

async function runCase(one: Case, target: Target, wanted: ProfileName | undefined): Promise<CaseResult> {
  const { id, group, mark, title, run } = one;
  const profiles = profilesFor(one, wanted);
  const head = { case: id, group, mark, title, profiles };
  if (typeof run === 'string') return { ...head, profiles: [], status: 'not shown', reason: run };
  if (profiles.length === 0) {
    const reason = `the case is about ${one.profiles.join(', ')}, not about ${wanted ?? ''}`;
    return { ...head, status: 'not shown', reason };
  }
  for (const profile of profiles) {
    try {
      await runIn(profile, run, target);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof NotShown) return { ...head, status: 'not shown', reason: message };
      return { ...head, status: 'failed', reason: `${profile}: ${message}` };
    }
  }
  return { ...head, status: 'passed' };
}

export async function runKit(target: Target, options: KitOptions = {}): Promise<KitResult> {
  const results: CaseResult[] = [];
  for (const one of options.cases ?? CASES) {
    const result = await runCase(one, target, options.profile);
    results.push(result);
    options.progress?.(result);
  }
  const of = (status: CaseResult['status']): CaseResult[] => results.filter((one) => one.status === status);
  return {
    target: target.name,
    passed: of('passed').length,
    failed: of('failed').length,
    notShown: of('not shown').map((one) => ({ case: one.case, reason: one.reason ?? '' })),
    cases: results,
  };
}
