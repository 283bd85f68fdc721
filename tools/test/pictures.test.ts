/** The pictures show what the command line prints today, and the same text gives the same picture. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bootstrap } from '../bootstrap.mjs';
import { screens } from '../lib/pictures.mjs';
import { ROOT } from '../lib/run.mjs';
import { terminalSvg, textOf, withoutStyles } from '../lib/terminal-svg.mjs';

const FOLDER = path.join(ROOT, 'docs/pictures');

describe('docs/pictures', () => {
  let today: Awaited<ReturnType<typeof screens>>;

  beforeAll(async () => {
    await bootstrap();
    today = await screens();
  }, 300_000);

  test('are the ones that the generator makes', () => {
    expect(
      readdirSync(FOLDER)
        .filter((file) => file.endsWith('.svg'))
        .sort(),
    ).toEqual(Object.keys(today).map((name) => `${name}.svg`));
  });

  test.each(['demo', 'verify'])('%s.svg is up to date; if not: node tools/gen-pictures.mjs', (name) => {
    const { title, screen } = today[name]!;
    const svg = readFileSync(path.join(FOLDER, `${name}.svg`), 'utf8');
    expect(textOf(svg)).toBe(withoutStyles(screen).trimEnd());
    expect(svg).toBe(terminalSvg(title, screen));
  });

  test('fit in 80 columns and name no other place', () => {
    for (const name of Object.keys(today)) {
      const svg = readFileSync(path.join(FOLDER, `${name}.svg`), 'utf8');
      for (const line of textOf(svg).split('\n'))
        expect(Array.from(line).length, line).toBeLessThanOrEqual(80);
      expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|@import|url\(/);
    }
  });
});

describe('a terminal as SVG', () => {
  const draw = (screen: string): string => terminalSvg('a & b', screen, 20);

  test('the same text gives the same bytes, another one others', () => {
    expect(draw('\x1b[32m✔\x1b[39m good')).toBe(draw('\x1b[32m✔\x1b[39m good'));
    expect(draw('\x1b[32m✔\x1b[39m good')).not.toBe(draw('\x1b[31m✔\x1b[39m good'));
  });

  test('text is escaped, and comes back as it was', () => {
    const svg = draw('a <b> "c" & \x1b[1md\x1b[22m\n  e');
    expect(svg).toContain('>a &lt;b&gt; &quot;c&quot; &amp;</text>');
    expect(svg).toContain('<title>a &amp; b</title>');
    expect(textOf(svg)).toBe('a <b> "c" & d\n  e');
  });

  test('words stand at their columns, a symbol alone', () => {
    const places = [...draw('a b  c✔d').matchAll(/<text x="([\d.]+)" y="52".*?>(.*?)</g)];
    expect(places.map(([, x, text]) => [Number(x), text])).toEqual([
      [18, 'a b'],
      [60, 'c'],
      [68.4, '✔'],
      [76.8, 'd'],
    ]);
  });

  test('styles last until they are reset, also over lines', () => {
    const fills = (screen: string) => [
      ...draw(screen).matchAll(/fill="([^"]+)"(?: font-weight="(bold)")?>./g),
    ];
    const styles = fills('\x1b[31;1mr\n r\x1b[22;39m \x1b[2md\x1b[0m p').slice(1);
    expect(styles.map(([, colour, weight]) => [colour, weight])).toEqual([
      ['#ff7b72', 'bold'],
      ['#ff7b72', 'bold'],
      ['#8b949e', undefined],
      ['#e6edf3', undefined],
    ]);
  });

  test('a long line makes the window wider', () => {
    expect(draw('x'.repeat(20))).toContain('width="204"');
    expect(draw('x'.repeat(30))).toContain('width="288"');
  });
});
