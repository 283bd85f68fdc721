/** Logs made by our own encoders, and what the tests ask of any log. */
import { createHash } from 'node:crypto';
import {
  ALGORITHMS,
  concat,
  createDigests,
  toHex,
  utf8Bytes,
  type AlgorithmName,
  type DigestBackend,
  type Digests,
  type Issue,
} from '@tsm/core';
import { encode } from '@tsm/core/layout';
import {
  appendText,
  checkDigest,
  encodeAgileLog,
  encodeSha1Log,
  extendText,
  replay,
  startText,
  type EventLog,
  type Replay,
  type TcgEvent,
  type TextDialect,
  type TextStep,
  type TextWriter,
} from '../../src/index.ts';
import { SPEC_ID_EVENT, TCG_PCR_EVENT } from '../../src/layouts.ts';

/** OpenSSL knows every algorithm by the name we have for it. */
const NAMES = Object.values(ALGORITHMS).map(({ name }) => name);

function nodeBackends(seen: () => void): Partial<Record<AlgorithmName, DigestBackend>> {
  const hash = (name: AlgorithmName, bytes: Uint8Array): Uint8Array => {
    seen();
    return new Uint8Array(createHash(name).update(bytes).digest());
  };
  return Object.fromEntries(NAMES.map((name) => [name, { hash: (bytes) => hash(name, bytes) }]));
}

/** Every algorithm, from Node. */
export const nodeDigests: Digests = createDigests(nodeBackends(() => undefined));

/** Node's digests, and how many were computed. */
export function countingDigests(): { digests: Digests; count: () => number } {
  let count = 0;
  return { digests: createDigests(nodeBackends(() => count++)), count: () => count };
}

export const EV = { prebootCert: 0, postCode: 1, noAction: 3, separator: 4, action: 5, ipl: 0xd } as const;

/** An event whose digests are of its data; text or bytes. */
export function event(
  register: number,
  type: number,
  content: string | Uint8Array,
  algorithms: readonly AlgorithmName[],
): TcgEvent {
  const data = typeof content === 'string' ? utf8Bytes(content) : content;
  const digests = algorithms.map((name) => [
    name,
    type === EV.noAction ? new Uint8Array(ALGORITHMS[name].size) : nodeDigests.digest(name, data),
  ]);
  return { register, type, data, digests: Object.fromEntries(digests) as TcgEvent['digests'] };
}

export const locality = (value: number): Uint8Array =>
  concat(utf8Bytes('StartupLocality\0'), Uint8Array.of(value));

/** A header record with any list of banks, for those that the encoder would refuse. */
export function specIdRecord(banks: readonly { id: number; size: number }[], register = 0): Uint8Array {
  const data = encode(SPEC_ID_EVENT, {
    signature: 'Spec ID Event03\0',
    platformClass: 0,
    specVersionMinor: 0,
    specVersionMajor: 2,
    specErrata: 0,
    uintnSize: 2,
    numberOfAlgorithms: banks.length,
    digestSizes: banks.map(({ id, size }) => ({ algorithmId: id, digestSize: size })),
    vendorInfoSize: 0,
    vendorInfo: new Uint8Array(0),
  });
  return sha1Record(register, EV.noAction, data);
}

export function sha1Record(
  register: number,
  type: number,
  data: Uint8Array,
  digest = new Uint8Array(20),
): Uint8Array {
  return encode(TCG_PCR_EVENT, {
    pcrIndex: register,
    eventType: type,
    digest,
    eventDataSize: data.length,
    event: data,
  });
}

/** Little-endian 32-bit words. */
export const words = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(values).buffer);

/** The registers of a replay as the manifest of the vectors writes them: `7/sha256`, value in hex. */
export function registersOf({ registers }: Replay): Record<string, string> {
  return Object.fromEntries(
    registers.map(({ register, algorithm, value }) => [`${String(register)}/${algorithm}`, toHex(value)]),
  );
}

/** Extends of one register by these digests, one after the other, computed without the code under test. */
export function extended(
  algorithm: AlgorithmName,
  start: Uint8Array,
  ...digests: readonly Uint8Array[]
): string {
  const chained = digests.reduce<Uint8Array>(
    (value, digest) => createHash(algorithm).update(concat(value, digest)).digest(),
    start,
  );
  return toHex(chained);
}

/** Codes of the log's own issues. */
export const codes = ({ issues }: Pick<EventLog, 'issues'>): string[] => issues.map(({ code }) => code);

/** Everything a caller can ask of a log; must never throw, whatever the bytes. Gives all issues of it. */
export function exercise(log: EventLog, digests = nodeDigests, from = 0): Issue[] {
  const issues = [...log.issues, ...replay(log, { digests }).issues];
  for (let number = from; number < log.count; number++) {
    const one = log.event(number);
    issues.push(...one.content().issues);
    for (const { algorithm, digest } of one.digests)
      if (algorithm) checkDigest(one.type, one.data, digests, algorithm, digest);
  }
  return issues;
}

const CC: readonly AlgorithmName[] = ['sha384'];
const TPM: readonly AlgorithmName[] = ['sha1', 'sha256', 'sha384'];
const TPM1: readonly AlgorithmName[] = ['sha1'];

/** A small boot: what every firmware log has, in this many banks. */
function boot(algorithms: readonly AlgorithmName[], first: number): TcgEvent[] {
  const at = (register: number, type: number, content: string | Uint8Array): TcgEvent =>
    event(register, type, content, algorithms);
  return [
    at(first, 8, utf8Bytes('v\x001\0\0\0')),
    at(first, EV.postCode, 'ACPI DATA'),
    at(first + 1, 0x80000007, 'Calling EFI Application from Boot Option'),
    at(first, EV.separator, words(0)),
    at(first + 1, EV.separator, words(0)),
    at(first + 2, EV.ipl, 'grub_cmd: set root=(hd0,gpt2)\0'),
    at(first + 2, EV.ipl, 'kernel_cmdline: /vmlinuz root=/dev/vda1\0'),
    at(first + 1, 0x80000007, 'Exit Boot Services Invocation'),
  ];
}

/** All steps of writing a text log, one after the other. */
export function written(
  writer: TextWriter,
  ...steps: readonly ((writer: TextWriter) => TextStep)[]
): { bytes: Uint8Array; writer: TextWriter; steps: readonly TextStep[] } {
  const done: TextStep[] = [];
  for (const step of steps) done.push(step(done.at(-1)?.writer ?? writer));
  return {
    bytes: concat(...done.map(({ added }) => added)),
    writer: done.at(-1)?.writer ?? writer,
    steps: done,
  };
}

export const appending =
  (input: string) =>
  (writer: TextWriter): TextStep =>
    appendText(writer, input, nodeDigests);

export const extending =
  (digest: Uint8Array) =>
  (writer: TextWriter): TextStep =>
    extendText(writer, digest, nodeDigests);

export const zero = (algorithm: AlgorithmName = 'sha384'): Uint8Array =>
  new Uint8Array(ALGORITHMS[algorithm].size);

export const digestOfText = (text: string, algorithm: AlgorithmName = 'sha384'): Uint8Array =>
  nodeDigests.digest(algorithm, utf8Bytes(text));

const textLog = (dialect: TextDialect, ...events: readonly string[]): Uint8Array =>
  written(startText(dialect, 'sha384', zero()), ...events.map(appending)).bytes;

/** One log of each format and dialect; clones without the shared vectors test with these. */
export const OWN = {
  ccel: encodeAgileLog(CC, boot(CC, 1), { headerRegister: 1, area: 4096 }),
  tcg2: encodeAgileLog(TPM, [event(0, EV.noAction, locality(3), TPM), ...boot(TPM, 0)]),
  tcg1: encodeSha1Log(boot(TPM1, 0)),
  rfc: written(
    startText('rfc', 'sha384', zero()),
    appending('A\nB\n'),
    extending(digestOfText('hello')),
    appending('# note\nC'),
  ).bytes,
  'issue-495': textLog('issue-495', '  blanks count  ', '# note', 'domain operation content'),
  aael: textLog('aael', 'example.org/app start v1', 'example.org/app stop v1'),
} as const;
