/**
 * Boot loader events (EV_IPL): GRUB commands and files, shim's variables, sections and command lines of systemd-stub.
 * The profile leaves the data to the loader; the forms are those of GNU GRUB (old and new), rhboot/shim and systemd.
 */
import type { Meaning, Reading } from './reading.ts';
import { findText, titleText, type FoundText } from './text.ts';
import { readText } from './text-like.ts';

/** One way in which a boot loader writes its events. */
export interface IplForm {
  readonly form: string;
  /** Matches the text up to its NUL; group 1, where there is one, is what follows the prefix. */
  readonly pattern: RegExp;
  readonly encoding?: FoundText['encoding'];
  /** True where the digest covers the text after the prefix, so that it can be checked. */
  readonly measured: boolean;
}

/** The first that matches counts. */
const IPL_FORMS: readonly IplForm[] = [
  { form: 'grub-command', pattern: /^grub_cmd:? (.*)$/s, encoding: 'utf-8', measured: true },
  {
    form: 'kernel-command-line',
    pattern: /^(?:grub_)?kernel_cmdline:? (.*)$/s,
    encoding: 'utf-8',
    measured: true,
  },
  {
    form: 'module-command-line',
    pattern: /^(?:grub_)?module_cmdline:? (.*)$/s,
    encoding: 'utf-8',
    measured: true,
  },
  {
    form: 'grub-file',
    pattern: /^grub_(?:linuxefi|linux|initrd|multiboot\S*) (.*)$/s,
    encoding: 'utf-8',
    measured: false,
  },
  { form: 'variable', pattern: /^(?:Mok\w+|SbatLevel|Shim|dbx?)$/, encoding: 'utf-8', measured: false },
  { form: 'section', pattern: /^\.[a-z0-9_]{1,16}$/, encoding: 'utf-16le', measured: false },
  { form: 'command-line', pattern: /^/, encoding: 'utf-16le', measured: false },
  { form: 'file', pattern: /^(?:\([^)]*\))?[/\\]/, measured: false },
  { form: 'text', pattern: /^/, measured: false },
];

/** The form of the text, and what follows its prefix. */
export function iplForm(found: FoundText): { form: IplForm; argument: string | undefined } {
  for (const form of IPL_FORMS) {
    const match =
      form.encoding === undefined || form.encoding === found.encoding ? form.pattern.exec(found.text) : null;
    if (match) return { form, argument: match[1] };
  }
  throw new TypeError('IPL_FORMS: the last form matches everything');
}

export function readIpl(reading: Reading): Meaning {
  const found = findText(reading.data);
  if (!found) return { ...readText(reading), kind: 'ipl' };
  const { form, argument } = iplForm(found);
  const meaning = readText(reading);
  return {
    kind: 'ipl',
    title: titleText(found.text),
    fields: { ...meaning.fields, form: form.form, ...(argument === undefined ? {} : { argument }) },
  };
}
