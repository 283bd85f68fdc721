// @ts-check
/** Lint: type-aware rules for all code, the ROOMS table (who may import what), and what pure code may not touch. */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import tsm from './tools/lint/rules.mjs';

/** Libraries that the command line is written with. */
const COMMAND_LINE = ['@bomb.sh/tab/*', 'cli-table3', 'commander', 'string-width', 'wrap-ansi'];

/**
 * Import direction, from the general room to the special one: the last row that matches a file counts.
 * What a row does not name may not be imported; so no room may import a test runner.
 * @type {import('./tools/lint/rules.mjs').Room[]}
 */
const ROOMS = [
  {
    files: 'packages/core/src/**/*.ts',
    packages: ['@noble/hashes/*'],
    why: 'core stands on @noble/hashes alone.',
  },
  {
    files: 'packages/core/src/layout/**/*.ts',
    packages: [],
    near: ['src/layout/*', 'src/bytes.ts', 'src/issue.ts'],
    why: "core/layout knows only itself, core's bytes.ts and issue.ts.",
  },
  {
    files: 'packages/eventlog/src/**/*.ts',
    packages: ['@tsm/core/*', 'cbor-x/*'],
    why: 'eventlog imports core (and cbor-x).',
  },
  {
    files: 'packages/evidence/src/**/*.ts',
    packages: ['@tsm/core/*', '@peculiar/asn1-*', 'cbor-x/*'],
    why: 'evidence imports core, @peculiar/asn1-* and cbor-x.',
  },
  {
    files: 'packages/machine/src/**/*.ts',
    packages: ['@tsm/core/*', '@tsm/eventlog/*'],
    why: 'machine imports core and eventlog.',
  },
  {
    files: 'packages/abi/src/**/*.ts',
    packages: ['@tsm/core/*', '@tsm/eventlog/*'],
    why: 'abi imports core and eventlog; providers are passed in.',
  },
  {
    files: 'packages/provider-*/src/**/*.ts',
    packages: ['@tsm/core/*', '@tsm/evidence/*', '@noble/*'],
    why: 'A provider imports core, evidence and @noble/*; never eventlog or another provider.',
  },
  {
    files: 'packages/pci-tdisp/src/**/*.ts',
    packages: ['@tsm/core/*', '@tsm/evidence/*', '@noble/*'],
    why: 'pci-tdisp imports core, evidence and @noble/*.',
  },
  {
    files: 'packages/host/src/**/*.ts',
    packages: [
      ...['@tsm/abi/*', '@tsm/core/*', '@tsm/eventlog/*', '@tsm/evidence/*', '@tsm/machine/*'],
      ...['@tsm/pci-tdisp/*', 'node:*', 'vscode-jsonrpc/*'],
    ],
    why: 'host imports core, eventlog, evidence, machine, abi, pci-tdisp, node:* and vscode-jsonrpc; providers are passed in.',
  },
  {
    files: 'packages/host/src/{devices,device/{machine-devices,journal-text,recorder}}.ts',
    packages: ['@tsm/abi/*', '@tsm/core/*', '@tsm/pci-tdisp/*'],
    near: ['src/device/machine-devices.ts', 'src/device/journal-text.ts', 'src/device/recorder.ts'],
    why: "A machine's devices without their file run in browsers: they import abi, core and pci-tdisp.",
  },
  {
    files: 'packages/host/src/serve/protocol.ts',
    packages: [],
    near: [],
    why: 'The protocol is types that clients import without Node.',
  },
  {
    files: 'apps/cli/src/**/*.ts',
    packages: ['@tsm/*', ...COMMAND_LINE],
    why: 'cli imports any @tsm/* and its command-line libraries; only io.ts and main.ts use node:*.',
  },
  {
    files: 'apps/cli/src/{io,main}.ts',
    packages: ['@tsm/*', ...COMMAND_LINE, 'node:*'],
    why: 'cli imports any @tsm/*, its command-line libraries and, here, node:*.',
  },
  {
    files: 'apps/language-server/src/**/*.ts',
    packages: ['@tsm/*', 'vscode-languageserver/*'],
    why: 'The language server imports any @tsm/* and vscode-languageserver; only its programs for Node use node:*.',
  },
  {
    files: 'apps/language-server/src/{main-node,node/*}.ts',
    packages: ['@tsm/*', 'vscode-languageserver/*', 'node:*'],
    why: 'What is for Node alone imports any @tsm/*, vscode-languageserver and node:*.',
  },
  {
    files: 'apps/language-server/src/service/**/*.ts',
    packages: ['@tsm/core/*', '@tsm/eventlog/*', '@tsm/evidence/*'],
    near: ['src/service/*', 'src/protocol/*'],
    why: 'service is pure: core, eventlog, evidence and the shapes of the protocol; no library of LSP.',
  },
  {
    files: 'apps/language-server/src/protocol/**/*.ts',
    packages: [],
    near: ['src/protocol/*'],
    why: 'protocol is types and names that clients import too.',
  },
];

const OUTSIDE_WORLD = 'Pure code has no I/O, clock or randomness: take it as an argument.';

/**
 * Rules for code that must give the same answer everywhere: every package but host.
 * @type {import('eslint').Linter.RulesRecord}
 */
const PURE = {
  'no-restricted-globals': [
    'error',
    {
      globals: [
        ...[
          'process',
          'Buffer',
          'require',
          'global',
          'self',
          'navigator',
          'location',
          'performance',
          'console',
        ],
        ...['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Worker', 'indexedDB', 'caches'],
        ...['setTimeout', 'setInterval', 'setImmediate'],
      ].map((name) => ({ name, message: OUTSIDE_WORLD })),
      checkGlobalObject: true,
    },
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: OUTSIDE_WORLD },
    { object: 'Math', property: 'random', message: OUTSIDE_WORLD },
    { property: 'getRandomValues', message: OUTSIDE_WORLD },
    { property: 'randomUUID', message: OUTSIDE_WORLD },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: OUTSIDE_WORLD },
    { selector: "CallExpression[callee.name='Date']", message: OUTSIDE_WORLD },
  ],
};

/** @type {(max: number) => import('eslint').Linter.RulesRecord} */
const maxLines = (max) => ({ 'max-lines': ['error', { max, skipBlankLines: true, skipComments: true }] });

/** @type {(room: import('./tools/lint/rules.mjs').Room) => import('eslint').Linter.RulesRecord} */
const roomRule = (room) => ({ 'tsm/rooms': ['error', room] });

export default defineConfig(
  { ignores: ['**/dist/', '**/coverage/', '**/fixtures/', '.nx/', '.workbench/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    plugins: { tsm },
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json', './apps/vscode/src/webview/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-undef': 'off', // the type checker's work
      'tsm/header': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    // These rules do not see the types that JSDoc casts give.
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((what) => [
        `@typescript-eslint/no-unsafe-${what}`,
        'off',
      ]),
    ),
  },
  { files: ['{packages,apps}/*/src/**/*.ts'], rules: maxLines(400) },
  {
    files: ['**/test/**/*.ts'],
    rules: { ...maxLines(600), '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['packages/*/src/**/*.ts'], ignores: ['packages/host/**'], rules: PURE },
  {
    files: ['apps/cli/src/**/*.ts'],
    ignores: ['apps/cli/src/{io,main}.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'fetch'].map((name) => ({
          name,
          message: 'Only io.ts and main.ts do I/O.',
        })),
      ],
    },
  },
  {
    files: ['packages/provider-*/src/layout/**/*.ts'],
    ignores: ['**/index.ts'],
    rules: { 'tsm/header': ['error', { mention: 'Spec:' }] },
  },
  ...ROOMS.map((room) => ({ files: [room.files], rules: roomRule(room) })),
);
