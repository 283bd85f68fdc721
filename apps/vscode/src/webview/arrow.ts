/** One line of the sequence diagram as SVG: three lifelines, and an arrow between two of them. */

const SVG = 'http://www.w3.org/2000/svg';

/** Where the ends stand, in parts of the width. */
export const ENDS = { host: '6%', tsm: '22%', device: '81%' } as const;
export type End = keyof typeof ENDS;

/** Height of the arrow in its line. */
const LEVEL = 25;

type Attributes = Readonly<Record<string, string | number>>;

function draw(tag: string, attributes: Attributes, ...children: SVGElement[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Things at a place that is given in percent: a nested drawing, whose content does not stretch. */
const at = (x: string, ...children: SVGElement[]): SVGElement =>
  draw('svg', { x, y: LEVEL, overflow: 'visible' }, ...children);

/** A padlock around the origin. */
const padlock = (): SVGElement =>
  draw(
    'g',
    { class: 'padlock' },
    draw('circle', { r: 7, class: 'around' }),
    draw('path', { d: 'M-2.5,-1 v-1.8 a2.5,2.5 0 0 1 5,0 v1.8', class: 'shackle' }),
    draw('rect', { x: -4, y: -1, width: 8, height: 5.5, rx: 1 }),
  );

export interface Arrow {
  readonly from: End;
  readonly to: End;
  /** An answer is dashed. */
  readonly answer: boolean;
  readonly secured: boolean;
}

/** `tones`: of lifelines, which show how far the session and the interfaces are. */
export function arrowLine(
  { from, to, answer, secured }: Arrow,
  tones: Readonly<Partial<Record<End, string>>>,
): SVGElement {
  const right = Object.keys(ENDS).indexOf(from) < Object.keys(ENDS).indexOf(to);
  const [x1, x2] = [ENDS[from], ENDS[to]];
  const head = right ? 'M-1,0 l-9,-4.5 v9 z' : 'M1,0 l9,-4.5 v9 z';
  return draw(
    'svg',
    { class: 'arrow', 'aria-hidden': 'true', focusable: 'false', width: '100%', height: '100%' },
    ...(Object.keys(ENDS) as End[]).map((end) =>
      draw('line', {
        ...{ x1: ENDS[end], x2: ENDS[end], y1: 0, y2: '100%' },
        class: `life ${tones[end] ?? ''}`.trim(),
      }),
    ),
    draw('line', { x1, x2, y1: LEVEL, y2: LEVEL, class: answer ? 'shaft answer' : 'shaft' }),
    at(x2, draw('path', { d: head, class: 'head' })),
    ...(secured ? [at(x1, draw('g', { transform: `translate(${right ? '14' : '-14'},0)` }, padlock()))] : []),
  );
}
