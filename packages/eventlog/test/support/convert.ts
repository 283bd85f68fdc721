/** Logs of every format to convert: a rich mix of events each, made by our own encoders. */
import { concat, utf8Bytes, type AlgorithmName } from '@tsm/core';
import {
  convert,
  decodeLog,
  encodeAgileLog,
  encodeCelCbor,
  encodeCelJson,
  encodeCelTlv,
  encodeDstackLog,
  encodeImaAscii,
  encodeImaBinary,
  encodeSha1Log,
  encodeSystemdLog,
  encodeTrustAuthorityLog,
  LOG_FORMATS,
  replay,
  startText,
  TEXT_DIALECTS,
  type CelIndex,
  type CelRecord,
  type Conversion,
  type ConvertTarget,
  type EventLog,
  type TextDialect,
} from '../../src/index.ts';
import { AUTHORITY, celRecord, DSTACK, IMA, SYSTEMD } from './formats.ts';
import { appending, event, EV, extending, locality, nodeDigests, words, written, zero } from './logs.ts';

const text = utf8Bytes;

/** The formats, with the dialects of the text log as formats of their own. */
export const NAMES = LOG_FORMATS.flatMap((format) =>
  format === 'tsm-text' ? TEXT_DIALECTS.map((dialect) => `${format}:${dialect}`) : [format],
);

/** `tsm-text:rfc` as a target. */
export function targetOf(name: string): ConvertTarget {
  const [format, dialect] = name.split(':');
  const found = LOG_FORMATS.find((one) => one === format)!;
  const spoken = TEXT_DIALECTS.find((one) => one === dialect);
  return spoken ? { format: found, dialect: spoken } : { format: found };
}

/** The log of a name, decoded as what it is. */
export const decodeAs = (name: string, bytes: Uint8Array): EventLog => decodeLog(bytes, targetOf(name));

/** An event of the attestation agent in its tagged form. */
const aael = (line: string): Uint8Array => concat(words(0x4141454c, text(line).length), text(line));

/** A boot with all that firmware logs: separators, actions, unknown types, data that no digest is of. */
function boot(algorithms: readonly AlgorithmName[], first: number, extra: boolean) {
  const at = (register: number, type: number, content: string | Uint8Array) =>
    event(register, type, content, algorithms);
  return [
    at(first, EV.postCode, 'ACPI DATA'),
    at(first + 1, 0x80000007, 'Calling EFI Application from Boot Option'),
    at(first, EV.separator, words(0)),
    at(first + 1, 0x0000_4242, 'a type of nobody'),
    { ...at(first + 2, 0x80000003, new Uint8Array(64)), digests: at(0, 1, 'image').digests },
    ...(extra ? [at(first + 3, 6, aael('example.org/app start v1'))] : []),
    at(first + 2, EV.ipl, 'kernel_cmdline: /vmlinuz root=/dev/vda1\0'),
    at(first, EV.noAction, new Uint8Array(28)),
  ];
}

const record = (
  index: CelIndex,
  contentType: string,
  content: CelRecord['content'],
  measured?: Uint8Array,
): CelRecord => celRecord(undefined, index, contentType, content, measured);
const rtmr = (number: number): CelIndex => ({ kind: 'ccmr', value: number + 1 });
const pcr = (number: number): CelIndex => ({ kind: 'pcr', value: number });

/** Firmware, lines, IMA, systemd, COS and private content. `at` says the register of each. */
const mixed = (at: (number: number) => CelIndex, names: boolean): CelRecord[] => [
  { ...record(at(0), 'cel', { type: 1, data: new Uint8Array(4) }), digests: [] },
  record(at(0), 'pcclient_std', { type: 5, data: text('an action') }, text('an action')),
  record(at(1), 'ima_template', { name: 'ima-ng', data: IMA[2]!.data }, IMA[2]!.data),
  record(at(2), 'systemd', { data: text('{"string":"a:b","eventType":"phase"}') }, text('a:b')),
  record(at(2), 'cos', { type: 4, data: text('--flag') }),
  record(at(2), '42', { data: text('private') }),
  ...(names
    ? [
        record(
          at(3),
          'tsm_text',
          { data: text('example.org/app start v1') },
          text('example.org/app start v1'),
        ),
      ]
    : []),
];

const numbered = (records: readonly CelRecord[]): CelRecord[] =>
  records.map((one, recnum) => ({ recnum, ...one }));

const CC: readonly AlgorithmName[] = ['sha384'];
const TPM: readonly AlgorithmName[] = ['sha1', 'sha256', 'sha384'];

const textLog = (dialect: TextDialect, ...events: readonly string[]): Uint8Array =>
  written(startText(dialect, 'sha384', zero()), ...events.map(appending)).bytes;

const violation = { ...IMA[2]!, hash: new Uint8Array(20) };

/** One log of each format. */
export const SOURCES: Readonly<Record<string, Uint8Array>> = {
  ccel: encodeAgileLog(CC, boot(CC, 1, true), { headerRegister: 1, area: 4096 }),
  tcg2: encodeAgileLog(TPM, [event(0, EV.noAction, locality(3), TPM), ...boot(TPM, 0, true)]),
  tcg1: encodeSha1Log(boot(['sha1'], 0, false)),
  'tsm-text:rfc': written(
    startText('rfc', 'sha384', zero()),
    appending('first line\nexample.org/app start v1\n'),
    appending('# note\nexample.org/app stop v1'),
  ).bytes,
  'tsm-text:issue-495': textLog('issue-495', '  blanks count  ', '# note', 'domain operation content'),
  'tsm-text:aael': textLog('aael', 'example.org/app start v1', 'example.org/app stop v1'),
  'cel-tlv': encodeCelTlv(numbered(mixed(rtmr, false))),
  'cel-json': encodeCelJson(numbered(mixed((number) => pcr(number + 10), true))),
  'cel-cbor': encodeCelCbor(
    numbered([
      ...mixed(pcr, false),
      record({ kind: 'nv_index', value: 0x01d1_0200 }, '42', { data: text('nv') }),
    ]),
  ),
  'systemd-json': encodeSystemdLog(SYSTEMD),
  'ima-ascii': encodeImaAscii([...IMA, violation]),
  'ima-binary': encodeImaBinary([
    ...IMA.map((one) => ({ ...one, register: 2 })),
    { ...violation, register: 2 },
  ]),
  'dstack-json': encodeDstackLog(DSTACK),
  'trust-authority-json': encodeTrustAuthorityLog(AUTHORITY),
};

/** An RFC log with a direct extend, which no other format has. */
export const DIRECT = written(
  startText('rfc', 'sha384', zero()),
  appending('A'),
  extending(nodeDigests.digest('sha384', text('hello'))),
).bytes;

/** Every register that a log extends, by name and bank, in hex: what both logs must agree on. */
export function valuesOf(log: EventLog, register?: string): Record<string, string> {
  const options = register === undefined ? {} : { register };
  const { registers } = replay(log, { digests: nodeDigests, ...options });
  const rows = registers.flatMap(({ name, algorithm, value, extends: events }) =>
    events > 0 ? [[`${name ?? 'single'}/${algorithm}`, Buffer.from(value).toString('hex')]] : [],
  );
  return Object.fromEntries(rows) as Record<string, string>;
}

/** A conversion that was tried, and with what. */
export interface Tried {
  readonly target: ConvertTarget;
  readonly conversion: Conversion;
}

/** Every way to ask for this target: all, one register, one bank, one register of one bank. */
export function* attempts(log: EventLog, to: string): Generator<Tried> {
  const plain = targetOf(to);
  const found = Object.keys(valuesOf(log)).map((key) => key.replace(/\/.*/, ''));
  const registers = log.numbering === 'single' ? ['rtmr3', 'pcr10'] : [...new Set(found)];
  const banks: ConvertTarget[] = [plain, ...log.algorithms.map((algorithm) => ({ ...plain, algorithm }))];
  const targets = [
    ...banks,
    ...registers.flatMap((register) => banks.map((target) => ({ ...target, register }))),
  ];
  for (const target of targets) yield { target, conversion: convert(log, target, { digests: nodeDigests }) };
}

/** The registers and banks that a target asked for, of those that the source has. */
export function wanted(
  log: EventLog,
  { register, algorithm, format }: ConvertTarget,
): Record<string, string> {
  const all = Object.entries(valuesOf(log, register)).map(([key, value]) => {
    const [name = '', bank = ''] = key.split('/');
    return { name, bank, value };
  });
  const some = all.filter(
    ({ name, bank }) =>
      (register === undefined || name === register) && (algorithm === undefined || bank === algorithm),
  );
  return Object.fromEntries(
    some.map(({ name, bank, value }) => [`${format === 'tsm-text' ? 'single' : name}/${bank}`, value]),
  );
}
