/** The extension's manifest, its generated files and the size of its programs. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { bundleExtension } from '../bundle-vscode.mjs';
import { localisable } from '../lib/l10n.mjs';
import { ROOT } from '../lib/run.mjs';
import { sampleFiles } from '../lib/sample.mjs';

const HOME = path.join(ROOT, 'apps/vscode');
const read = (file: string): string => readFileSync(path.join(HOME, file), 'utf8');

interface Manifest {
  readonly extensionKind: readonly string[];
  readonly browser: string;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const sources = readdirSync(path.join(HOME, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(path.join('src', file)))
  .join('\n');

describe('the manifest', () => {
  const commands = manifest.contributes.commands.map(({ command }) => command);

  test('promises the commands that the code registers, and shows no others', () => {
    const shared = {
      'tsm.extendRegister': 'extend',
      'tsm.verifyLog': 'verify',
      'tsm.explainMismatch': 'explain',
      'tsm.copyValue': 'copyValue',
    };
    for (const command of commands) {
      const name = (shared as Readonly<Record<string, string>>)[command];
      expect(sources, command).toContain(
        name === undefined ? `command('${command}'` : `command(COMMANDS.${name}`,
      );
    }
    for (const { command } of Object.values(manifest.contributes.menus).flat())
      if (command !== undefined) expect(commands).toContain(command);
  });

  test('has a text for each of its keys, and no other', () => {
    const used = new Set([...read('package.json').matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
    expect(Object.keys(JSON.parse(read('package.nls.json')) as object).sort()).toEqual([...used].sort());
  });

  test('offers no command in a welcome or a walkthrough that nobody has', () => {
    const texts = Object.values(JSON.parse(read('package.nls.json')) as Record<string, string>).join(' ');
    const offered = [...texts.matchAll(/\(command:([\w.]+)/g)].map(([, command]) => command);
    expect(offered.length).toBeGreaterThan(5);
    const editors = ['workbench.action.openWalkthrough'];
    expect(offered.filter((command) => !commands.includes(command!) && !editors.includes(command!))).toEqual(
      [],
    );
    for (const [, done = ''] of read('package.json').matchAll(/"onCommand:([^"]+)"/g))
      expect(commands).toContain(done);
  });

  test('describes each setting, and trusts no workspace with those that run code or name machines', () => {
    const { contributes, capabilities } = manifest;
    for (const [name, setting] of Object.entries(contributes.configuration.properties))
      expect(setting, name).toHaveProperty('markdownDescription');
    expect(capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(
      expect.arrayContaining(['tsm.providers', 'tsm.trustAnchors', 'tsm.state', 'tsm.liveRoot']),
    );
  });

  test('runs where the files are: on the remote machine, and in a browser', () => {
    expect(manifest.extensionKind).toEqual(['workspace']);
    expect(existsSync(path.join(HOME, 'src/extension-web.ts'))).toBe(true);
    expect(manifest.browser).toBe('./dist/extension-web.cjs');
  });

  test('names files that are there', () => {
    for (const [, file = ''] of read('package.json').matchAll(/"(?:\.\/)?((?:media|syntaxes|l10n)\/[^"]+)"/g))
      expect(existsSync(path.join(HOME, file)), file).toBe(true);
  });

  test('declares each setting that the code reads', () => {
    const declared = Object.keys(manifest.contributes.configuration.properties);
    for (const [, name = ''] of sources.matchAll(/\.get(?:<[^(]*>)?\('(\w+)'/g))
      expect(declared).toContain(`tsm.${name}`);
  });
});

describe('generated files', () => {
  test('the sample is what today’s code makes; if not: node tools/gen-vscode.mjs', async () => {
    const today = await sampleFiles();
    const folder = path.join(HOME, 'sample');
    const there = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter((file) => !file.startsWith('.tsm/'));
    expect(there.sort()).toEqual(Object.keys(today).sort());
    for (const [file, bytes] of Object.entries(today))
      expect(readFileSync(path.join(folder, file)).equals(bytes), file).toBe(true);
  });

  test('the texts to translate are those of the code; if not: node tools/gen-vscode.mjs', () => {
    expect(JSON.parse(read('l10n/bundle.l10n.json'))).toEqual(localisable());
  });
});

test('every text that a person sees can be translated', () => {
  const classes = new Set([...read('media/page.css').matchAll(/\.([a-z-]+)/g)].map(([, name]) => name));
  const isClasses = (text: string): boolean => text.split(' ').every((word) => classes.has(word));
  // What only a developer can meet, and what is markup.
  const inner = /^the page has no element |<\w+|-src /;
  const found: string[] = [];
  const visit = (file: ts.SourceFile) => (node: ts.Node) => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isPropertyAssignment(node)) {
      visit(file)(node.initializer);
      return;
    }
    if (ts.isCallExpression(node) && /(^|\.)t$/.test(node.expression.getText(file))) return;
    const text =
      ts.isStringLiteralLike(node) || ts.isTemplateMiddleOrTemplateTail(node) || ts.isTemplateHead(node)
        ? node.text
        : '';
    if (/[a-z]{2,}[,:]? [a-z]{2,}/i.test(text) && !inner.test(text) && !isClasses(text))
      found.push(`${file.fileName}: ${text}`);
    ts.forEachChild(node, visit(file));
  };
  for (const name of readdirSync(path.join(HOME, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = ts.createSourceFile(name, read(path.join('src', name)), ts.ScriptTarget.Latest);
    visit(file)(file);
  }
  expect(found).toEqual([]);
});

test('each program fits into a megabyte and a half, and a browser can load those that are for it', async () => {
  for (const { size } of await bundleExtension()) {
    expect(size).toBeGreaterThan(1000);
    expect(size).toBeLessThanOrEqual(1_500_000);
  }
});
