/** The time in which a verification gives the same answer: between two dates at which something starts or ends. */
import { parseCertificate } from '@tsm/evidence';
import type { Pck } from './certificates.ts';
import type { SignedJson } from './collateral.ts';
import type { TdxContext } from './context.ts';

/** Milliseconds since 1970; neither end belongs to it. */
export interface TimeWindow {
  readonly after: number;
  readonly before: number;
}

export function within({ after, before }: TimeWindow, now: Date): boolean {
  return after < now.getTime() && now.getTime() < before;
}

function* jsonDates({ object }: SignedJson): Generator<Date> {
  for (const name of ['issueDate', 'nextUpdate']) {
    const value = object.members.get(name);
    if (typeof value === 'string') yield new Date(value);
  }
}

/** Every date that a verification compares with its time. */
function* dates(pck: Pck | undefined, { anchors, collateral }: TdxContext): Generator<Date | undefined> {
  const roots = anchors.map((anchor) =>
    anchor instanceof Uint8Array ? parseCertificate(anchor).certificate : undefined,
  );
  for (const certificate of [...(pck?.chain ?? []), ...collateral.certificates, ...roots]) {
    yield certificate?.notBefore;
    yield certificate?.notAfter;
  }
  for (const { thisUpdate, nextUpdate } of collateral.crls) {
    yield thisUpdate;
    yield nextUpdate;
  }
  for (const json of [...collateral.tcbInfos, ...collateral.qeIdentities]) yield* jsonDates(json);
}

/** Around `now`; empty when `now` is one of the dates. */
export function timeWindow(pck: Pck | undefined, context: TdxContext): TimeWindow {
  const now = context.now.getTime();
  let [after, before] = [-Infinity, Infinity];
  for (const date of dates(pck, context)) {
    const time = date?.getTime() ?? Number.NaN;
    if (time <= now) after = Math.max(after, time);
    if (time >= now) before = Math.min(before, time);
  }
  return { after, before };
}
