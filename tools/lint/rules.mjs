// @ts-check
/** The project's own ESLint rules: `rooms` (import direction) and `header` (each file says what it is). */
import path from 'node:path';

/** @typedef {import('eslint').Rule.RuleModule} RuleModule */

/** @typedef {{ value?: unknown, loc?: import('eslint').AST.SourceLocation | null | undefined }} Source the text after `from` */

/**
 * One row of the ROOMS table.
 * @typedef {object} Room
 * @property {string} files glob of the files in this room
 * @property {string[]} packages what may be imported by name; `a/*` also allows `a` and everything below it
 * @property {string[]} [near] what may be imported by path, relative to the package; the whole package if absent
 * @property {string} why the rule in one sentence, shown with every error
 */

/** @type {(pattern: string, name: string) => boolean} */
const matches = (pattern, name) => {
  if (!pattern.endsWith('*')) return name === pattern;
  const stem = pattern.slice(0, -1);
  return name.startsWith(stem) || name === stem.replace(/\/$/, '');
};

/** @type {RuleModule} */
const rooms = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object' }],
    messages: {
      name: "'{{specifier}}' may not be imported here. {{why}}",
      outside: "'{{specifier}}' leaves the package: import another package by its name. {{why}}",
      near: "'{{specifier}}' is outside this room. {{why}}",
    },
  },
  create(context) {
    const { packages, near, why } = /** @type {Room} */ (context.options[0]);
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const home = file.split('/').slice(0, 2).join('/');

    /** @type {(specifier: string) => 'name' | 'outside' | 'near' | undefined} */
    const fault = (specifier) => {
      if (!specifier.startsWith('.')) {
        return packages.some((pattern) => matches(pattern, specifier)) ? undefined : 'name';
      }
      const target = path.posix.join(path.posix.dirname(file), specifier);
      if (!target.startsWith(`${home}/`)) return 'outside';
      const inside = target.slice(home.length + 1);
      return near === undefined || near.some((pattern) => matches(pattern, inside)) ? undefined : 'near';
    };

    /** @type {(source: Source | null | undefined) => void} */
    const check = (source) => {
      if (!source?.loc || typeof source.value !== 'string') return;
      const messageId = fault(source.value);
      if (messageId) context.report({ loc: source.loc, messageId, data: { specifier: source.value, why } });
    };

    return {
      ImportDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(/** @type {Source} */ (node.source)),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      TSImportType: (/** @type {any} */ node) => check(node.source),
    };
  },
};

/** @type {RuleModule} */
const header = {
  meta: {
    type: 'suggestion',
    schema: [{ type: 'object', properties: { mention: { type: 'string' } } }],
    messages: {
      missing: 'A file starts with a block comment that says what it is.',
      mention: "The first comment of this file must contain '{{mention}}'.",
    },
  },
  create(context) {
    const { mention = '' } = /** @type {{ mention?: string }} */ (context.options[0] ?? {});
    return {
      Program(node) {
        const { text } = context.sourceCode;
        const comment = context.sourceCode.getAllComments().find(({ type }) => type === 'Block');
        const before = comment?.range ? text.slice(0, comment.range[0]) : text;
        const first = before.split('\n').every((line) => /^\s*$|^#!|^\s*\/\//.test(line));
        const loc = { line: 1, column: 0 };
        if (!comment || !first) context.report({ node, loc, messageId: 'missing' });
        else if (!comment.value.includes(mention))
          context.report({ node, loc, messageId: 'mention', data: { mention } });
      },
    };
  },
};

export default { rules: { rooms, header } };
