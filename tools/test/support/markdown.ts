/** Documents that run: the code blocks of a Markdown file, and what the commands in them print. */

/** One fenced block. `info` is what stands after the fence: a language, and for a file its name. */
export interface Block {
  readonly language: string;
  /** `file=NAME` of the info string. */
  readonly file: string | undefined;
  readonly code: string;
}

/** The fenced blocks of a document, in order; `language`: only these. */
export function blocks(markdown: string, language?: string): Block[] {
  const found = [...markdown.matchAll(/^```(\S*)([^\n]*)\n(.*?)^```$/gms)].map(
    ([, name = '', info = '', code = '']) => ({
      language: name,
      file: /\bfile=(\S+)/.exec(info)?.[1],
      code,
    }),
  );
  return language === undefined ? found : found.filter((block) => block.language === language);
}

/** Runs a command and gives all it prints. */
export type Shell = (args: readonly string[]) => Promise<string>;

/** Words of a command line; double quotes keep spaces. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/**
 * The document with what its commands print today: in `console` blocks, a line that begins with `$ ` is a command, and
 * what follows it is its output. Commands run in order.
 */
export async function withOutputs(markdown: string, shell: Shell): Promise<string> {
  let text = markdown;
  for (const { code } of blocks(markdown, 'console')) {
    let now = '';
    for (const line of code.split('\n').filter((one) => one.startsWith('$ ')))
      now += `${line}\n${await shell(words(line.slice(2)))}`;
    text = text.replace(`\`\`\`console\n${code}`, () => `\`\`\`console\n${now}`);
  }
  return text;
}
