// @ts-check
/** A terminal as a static SVG picture: text with ANSI styles in, SVG out. The same text gives the same bytes. */

/** Size of a character cell and of what is around the text, in pixels. */
const CELL = { width: 8.4, height: 20 };
const MARGIN = { x: 18, top: 52, bottom: 18 };
const FONT_SIZE = 14;
const FONT =
  "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

const COLOURS = {
  window: '#0d1117',
  border: '#30363d',
  bar: '#161b22',
  title: '#8b949e',
  text: '#e6edf3',
  dim: '#8b949e',
};

/** Foreground colours of SGR 30–37; 90–97 are shown the same. */
const FOREGROUND = ['#8b949e', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'];

/**
 * @typedef {object} Style
 * @property {string | undefined} colour
 * @property {boolean} bold
 * @property {boolean} dim
 */

/** @type {Style} */
const PLAIN = { colour: undefined, bold: false, dim: false };

/**
 * The style after one SGR parameter. What is not a colour of the sixteen, bold or dim changes nothing.
 * @param {Style} style
 * @param {number} code
 * @returns {Style}
 */
const styled = (style, code) => {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: undefined };
  const colour = FOREGROUND[code >= 90 ? code - 90 : code - 30];
  return colour === undefined ? style : { ...style, colour };
};

/** A character that fonts often draw wider or narrower than a cell. */
const SYMBOL = /[^\x20-\x7e]/;

/**
 * Pieces of a line that are drawn each at its own column: words with single spaces between them, of one style; symbols
 * alone, so that a font without them moves nothing else.
 * @param {string} line with ANSI escapes
 * @param {Style} before style at its start
 */
const piecesOf = (line, before) => {
  let style = before;
  let column = 0;
  /** @type {{ column: number, text: string, style: Style }[]} */
  const pieces = [];
  // eslint-disable-next-line no-control-regex -- the escape character is what marks a style
  for (const [part, codes] of line.matchAll(/\x1b\[([0-9;]*)m|[^\x1b]+/g)) {
    if (codes !== undefined) {
      for (const code of codes.split(';')) style = styled(style, Number(code));
      continue;
    }
    for (const [text] of part.matchAll(/ +|[^\x20-\x7e]|[\x21-\x7e]+(?: [\x21-\x7e]+)*/gu)) {
      if (!text.startsWith(' ')) pieces.push({ column, text, style });
      column += Array.from(text).length;
    }
  }
  return { pieces, style, columns: column };
};

/** @type {(text: string) => string} */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @type {(value: number) => string} */
const px = (value) => String(Math.round(value * 10) / 10);

/** @type {(row: number, piece: ReturnType<typeof piecesOf>['pieces'][number]) => string} */
const drawn = (row, { column, text, style }) => {
  const colour = style.colour ?? (style.dim ? COLOURS.dim : COLOURS.text);
  const length = Array.from(text).length * CELL.width;
  const attributes = [
    `x="${px(MARGIN.x + column * CELL.width)}"`,
    `y="${px(MARGIN.top + row * CELL.height)}"`,
    // The width is given, so that the columns meet in any font; a symbol keeps its shape.
    SYMBOL.test(text) ? '' : `textLength="${px(length)}" lengthAdjust="spacingAndGlyphs"`,
    `fill="${colour}"`,
    style.bold ? 'font-weight="bold"' : '',
  ];
  return `    <text ${attributes.filter(Boolean).join(' ')}>${escaped(text)}</text>`;
};

/** @type {(text: string) => string} */
export const withoutStyles = (text) =>
  // eslint-disable-next-line no-control-regex -- the escape character is what marks a style
  text.replace(/\x1b\[[0-9;]*m/g, '');

/**
 * A picture of a terminal. It is as wide as `columns`, or as the longest line.
 * @param {string} title what the window is called, and a screen reader says
 * @param {string} screen lines with ANSI styles
 * @param {number} [columns]
 */
export const terminalSvg = (title, screen, columns = 80) => {
  const lines = screen.trimEnd().split('\n');
  /** @type {string[]} */
  const texts = [];
  let style = PLAIN;
  let widest = columns;
  for (const [row, line] of lines.entries()) {
    const { pieces, ...after } = piecesOf(line, style);
    style = after.style;
    widest = Math.max(widest, after.columns);
    texts.push(...pieces.map((piece) => drawn(row, piece)));
  }
  const width = px(Math.ceil(2 * MARGIN.x + widest * CELL.width));
  const height = px(MARGIN.top + (lines.length - 1) * CELL.height + MARGIN.bottom);
  const dots = ['#ff5f56', '#ffbd2e', '#27c93f'].map(
    (fill, i) => `  <circle cx="${20 + 20 * i}" cy="17" r="6" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <desc>${escaped(withoutStyles(screen).trimEnd())}</desc>`,
    `  <rect x="0.5" y="0.5" width="${px(Number(width) - 1)}" height="${px(Number(height) - 1)}" rx="10" fill="${COLOURS.window}" stroke="${COLOURS.border}"/>`,
    ...dots,
    `  <g font-family="${FONT}" font-size="${FONT_SIZE}">`,
    `    <text x="${px(Number(width) / 2)}" y="22" text-anchor="middle" fill="${COLOURS.title}">${escaped(title)}</text>`,
    ...texts,
    '  </g>',
    '</svg>',
    '',
  ].join('\n');
};

/**
 * The text that such a picture shows, line by line.
 * @param {string} svg
 */
export const textOf = (svg) =>
  (/<desc>([^]*?)<\/desc>/.exec(svg)?.[1] ?? '')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
