/** A run as lines of the sequence diagram: messages, and before them what made them be sent; what each shows and says. */
import type { TraceLane, TraceMessage, TraceStep, TraceView } from '@tsm/language-server/protocol';
import type { Arrow, arrowLine } from './arrow.ts';
import { toneOf } from './lanes.ts';
import { t } from './page.ts';

type Tones = Parameters<typeof arrowLine>[1];

/** What came to be so with a line. */
export interface Change extends Pick<TraceLane, 'kind' | 'name'> {
  readonly state: string;
}

export type Line = {
  readonly changes: readonly Change[];
  /** Of lifelines, after it. */
  readonly tones: Tones;
} & (
  | { readonly kind: 'message'; readonly message: TraceMessage; readonly broken: readonly string[] }
  | { readonly kind: 'step'; readonly step: TraceStep }
);

/** Done by the guest that has the interface, through the host's TSM; everything else is the host's. */
const OF_GUEST: readonly string[] = ['lock', 'accept', 'unlock'];

export function linesOf({ lanes, messages, steps, violations }: TraceView): Line[] {
  const changesAt = (fits: (change: { packet: number; step?: number }) => boolean): Change[] =>
    lanes.flatMap(({ kind, name, changes }) =>
      changes.filter(fits).map(({ state }) => ({ kind, name, state })),
    );
  const lines: Line[] = [];
  const now = new Map<string, Change>();
  /** The one of a kind that is furthest from idle gives the tone. */
  const toneNow = (wanted: Change['kind']): string => {
    const tones = [...now.values()].flatMap(({ kind, state }) => (kind === wanted ? [toneOf(state)] : []));
    return ['broken', 'secure', 'under-way'].find((tone) => tones.includes(tone)) ?? 'over';
  };
  const after = (changes: readonly Change[]): Tones => {
    for (const change of changes) now.set(change.name, change);
    return { tsm: toneNow('session'), device: toneNow('interface') };
  };
  const stepsAt = (packet: number): void => {
    for (const [number, step] of steps.entries()) {
      if (step.packet !== packet) continue;
      const changes = changesAt((change) => change.step === number);
      lines.push({ kind: 'step', step, changes, tones: after(changes) });
    }
  };
  for (const message of messages) {
    const { packet } = message;
    stepsAt(packet);
    const changes = changesAt((change) => change.packet === packet && change.step === undefined);
    const broken = violations.filter((one) => one.packet === packet).map((one) => one.message);
    lines.push({ kind: 'message', message, changes, broken, tones: after(changes) });
  }
  stepsAt(messages.length);
  return lines;
}

/** The name that says most: of a vendor-defined message what the vendor calls it. */
export function titleOf({ name, detail }: TraceMessage): [title: string, more: string] {
  if (!name.startsWith('VENDOR_DEFINED') || detail === '') return [name, detail];
  const [title = name, ...more] = detail.split(', ');
  return [title, more.join(', ')];
}

/** What a line shows; `way` is for those who do not see the arrow. */
export interface Shown {
  readonly arrow: Arrow;
  readonly classes: string;
  readonly number: string;
  readonly way: string;
  readonly title: string;
  readonly more: string;
  readonly size: string;
  /** Rules that were broken. */
  readonly broken: readonly string[];
}

function messageShown({ message, broken }: Extract<Line, { kind: 'message' }>): Shown {
  const { packet, from, name, secured, session, size } = message;
  const [title, more] = titleOf(message);
  const asks = from === 'requester';
  // Discovery is the host's own: the TSM begins with SPDM.
  const own: Arrow['from'] = name === 'DOE_DISCOVERY' ? 'host' : 'tsm';
  const arrow: Arrow = asks
    ? { from: own, to: 'device', answer: false, secured }
    : { from: 'device', to: own, answer: true, secured };
  const how = session === null ? t('in the clear') : t('secured in session {0}', session);
  return {
    ...{ arrow, title, more, broken, size: String(size) },
    classes: [secured ? 'secured' : '', broken.length > 0 ? 'broken' : ''].join(' ').trim(),
    number: broken.length > 0 ? `✘ ${String(packet)}` : String(packet),
    way: `${asks ? t('to the device') : t('from the device')}, ${how}`,
  };
}

function stepShown({ verb, device }: TraceStep): Shown {
  const arrow: Arrow = { from: 'host', to: 'tsm', answer: false, secured: false };
  const more = OF_GUEST.includes(verb) ? t('{0} · asked by the guest', device) : device;
  return {
    arrow,
    more,
    title: verb,
    classes: 'step',
    number: '',
    way: t('to the TSM'),
    size: '',
    broken: [],
  };
}

export const shownOf = (line: Line): Shown =>
  line.kind === 'message' ? messageShown(line) : stepShown(line.step);
