/** Group I: text logs of Sep 2024, the dialects beside them, and the registers of Jan 2024. */
import { equalBytes, extendDigest, portableDigests, toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { appendText, decodeLog, replay, startText, type TextDialect } from '@tsm/eventlog';
import type { TdxHardware } from '../../drivers/tdx-hardware.ts';
import { errno } from '../../errno.ts';
import { group } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import { NotShown, type Case, type KitFiles, type Stage } from '../model.ts';
import { readFile, withFile, writeFile } from '../report-item.ts';

const add = group('I', () => false, ['mr-rfc-2024']);
const RTMR = '/sys/kernel/tsm/tdx_guest/rtmr2';
const ZERO = filled(48, 0);
const HELLO = portableDigests.digest('sha384', utf8Bytes('hello'));

/** What each step writes, and the register afterwards (L.4). */
const STEPS: readonly (readonly [file: string, written: string | Uint8Array, digest: string])[] = [
  [
    ...(['append_event', 'A\nB\n'] as const),
    'c18fdf9a5006093dbb7f01caf856c469995e6026196084bf9997f356f256a3f8d959547c669683ef58f28b87187ce4c3',
  ],
  [
    ...(['append_event', '  C  \r\n# note\n\n'] as const),
    'e08324704b90dd654449021579f75ed193b46f491f3dd35d53b3dacc58d12feda5a68605e0cf725c423029aefa78b057',
  ],
  [
    ...(['digest', HELLO] as const),
    'f5058d4cbd806e526388ae0e1b378acc2fc5435f315e39ef851ab3a22ffbc5e5f03f35df9e67f9e8506e9a645a73dc08',
  ],
  [
    ...(['append_event', 'D'] as const),
    '4ac7566fbeecf6e84768bcaeaf60aec022e680a95343b0653bc020071069919561d1cb473403e345187c2d5f675fada7',
  ],
];

const ADDED: readonly string[] = [
  `SYNC sha384/${toHex(ZERO)}\n\nA\nB\n`,
  '\nC\n# note\n',
  `\n# .EXTEND ${toHex(HELLO)}\n`,
  `\nSYNC sha384/${STEPS[2]?.[2] ?? ''}\n\nD\n`,
];

async function digestIs(files: KitFiles, hex: string): Promise<void> {
  same('digest', toHex(await readFile(files, `${RTMR}/digest`)), hex);
}

const logOf = async (files: KitFiles): Promise<string> =>
  utf8Text(await readFile(files, `${RTMR}/event_log`));

/** A guest whose register is as the launch left it: what others extended cannot be taken back. */
async function fresh({ start }: Stage): Promise<KitFiles> {
  const { files } = await start({ provider: 'tdx' });
  if (!equalBytes(await readFile(files, `${RTMR}/digest`), ZERO))
    throw new NotShown('needs a register that nobody has extended yet');
  return files;
}

/** The first steps, and what the last of them adds. */
const upTo =
  (count: number) =>
  async (stage: Stage): Promise<KitFiles> => {
    const files = await fresh(stage);
    for (const [i, [file, written, digest]] of STEPS.slice(0, count).entries()) {
      const before = await logOf(files);
      same('bytes taken', await writeFile(files, `${RTMR}/${file}`, written), written.length);
      same('added to the log', (await logOf(files)).slice(before.length), ADDED[i]);
      await digestIs(files, digest);
    }
    return files;
  };

const step =
  (count: number) =>
  async (stage: Stage): Promise<void> => {
    await upTo(count)(stage);
  };

async function layout({ start }: Stage): Promise<void> {
  const { files } = await start({ provider: 'tdx' });
  same('files', (await files.list(RTMR)).sort(), ['append_event', 'digest', 'event_log', 'hash_algo']);
  same('hash_algo', utf8Text(await readFile(files, `${RTMR}/hash_algo`)), 'sha384');
  same('mrtd', (await files.stat('/sys/kernel/tsm/tdx_guest/mrtd')).mode.toString(8), '444');
}

async function failingExtend({ start }: Stage): Promise<void> {
  let failing = false;
  const wrap = {
    tdx: (hardware: TdxHardware): TdxHardware => ({
      ...hardware,
      extend(register, value) {
        if (failing) throw errno('EIO', 'TDG.MR.RTMR.EXTEND fails');
        hardware.extend(register, value);
      },
    }),
  };
  const { files } = await start({ provider: 'tdx', wrap });
  await writeFile(files, `${RTMR}/append_event`, 'A\nB\n');
  failing = true;
  await refused('EIO', 'digest', () => writeFile(files, `${RTMR}/digest`, HELLO));
  holds('the comment stays', (await logOf(files)).endsWith(ADDED[2] ?? ''));
  await digestIs(files, STEPS[0]?.[2] ?? '');
}

async function blankLines({ start }: Stage): Promise<void> {
  const { files } = await start({ provider: 'tdx' });
  await writeFile(files, `${RTMR}/append_event`, 'A');
  const before = await logOf(files);
  same('bytes taken', await writeFile(files, `${RTMR}/append_event`, '\n \r\n\t\n'), 6);
  same('log', await logOf(files), before);
}

/** Final value, and the places where the log states another value than the one it has come to. */
function replayed(log: Uint8Array): { value: string; mismatches: number } {
  const decoded = decodeLog(log, { dialect: 'rfc' });
  let value: Uint8Array = decoded.start(0, 'sha384') ?? ZERO;
  let mismatches = 0;
  decoded.scan(
    portableDigests,
    (_event, _register, algorithm, bytes, offset) => {
      value = extendDigest(portableDigests, algorithm, value, bytes.slice(offset, offset + 48));
    },
    (_event, _register, _algorithm, stated) => {
      if (toHex(stated) !== toHex(value)) mismatches++;
    },
  );
  return { value: toHex(value), mismatches };
}

async function fullReplay(stage: Stage): Promise<void> {
  const files = await upTo(4)(stage);
  const log = await readFile(files, `${RTMR}/event_log`);
  same('bytes', log.length, 345);
  same('replay', replayed(log), { value: STEPS[3]?.[2] ?? '', mismatches: 0 });
  same('by the library', toHex(replay(decodeLog(log)).registers[0]?.value ?? ZERO), STEPS[3]?.[2] ?? '');
}

async function forgedSync(stage: Stage): Promise<void> {
  const files = await fresh(stage);
  await writeFile(files, `${RTMR}/append_event`, 'A');
  await writeFile(files, `${RTMR}/append_event`, `SYNC sha384/${'ab'.repeat(48)}`);
  const log = await readFile(files, `${RTMR}/event_log`);
  const { value, mismatches } = replayed(log);
  same('stated values that are wrong', mismatches, 1);
  await digestIs(files, value);
}

/** A rule of logs, which no file of the tree shows: only our own library can be asked. */
const ofTheLibrary =
  (check: () => void | Promise<void>) =>
  async ({ start }: Stage): Promise<void> => {
    const { inside } = await start({});
    if (!inside) throw new NotShown('a rule of log formats: no file of the tree shows it');
    await check();
  };

/** Digests that extend when `text` is appended in this dialect, SYNC or INIT left out. */
function extendsOf(dialect: TextDialect, text: string): string[] {
  const opened = { ...startText(dialect, 'sha384', ZERO), inSync: true, empty: false };
  return appendText(opened, text, portableDigests).extends.map(toHex);
}

const sha384 = (text: string): string => toHex(portableDigests.digest('sha384', utf8Bytes(text)));

function issue495(): void {
  same('leading space before #', extendsOf('issue-495', ' # x'), [sha384(' # x')]);
  same('# in the first column', extendsOf('issue-495', '# x'), []);
  same('spaces around', extendsOf('issue-495', '  a b  '), [sha384('  a b  ')]);
}

/** Is this what the dialect cannot hold? */
function refusedByDialect(text: string): boolean {
  try {
    extendsOf('aael', text);
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

function aael(): void {
  const first = `INIT/sha384 ${toHex(ZERO)}\n`;
  const log = decodeLog(utf8Bytes(`${first}example.com op content with spaces\n`), { dialect: 'aael' });
  same('start that the first record states', log.start(0, 'sha384'), ZERO);
  same('records', log.count, 2);
  same('issues', log.issues.length, 0);
  holds('a space in the domain leaves two words too few', refusedByDialect('bad domain'));
  holds('CR', refusedByDialect('example.com op con\rtent'));
  const spaced = decodeLog(utf8Bytes(`${first} example.com op content\n`), { dialect: 'aael' });
  holds(
    'a record that begins with a space',
    spaced.issues.some(({ code }) => code === 'text.not-an-event-line'),
  );
}

async function predecessor({ start }: Stage): Promise<void> {
  const { files } = await start({ provider: 'tdx' });
  const R = '/sys/kernel/config/tsm/rtmrs';
  await files.mkdir(`${R}/a`);
  same('files', (await files.list(`${R}/a`)).sort(), ['digest', 'index', 'tcg_map']);
  await refused('ENXIO', 'digest before index', () => readFile(files, `${R}/a/digest`));
  await writeFile(files, `${R}/a/index`, '2');
  same('tcg_map', utf8Text(await readFile(files, `${R}/a/tcg_map`)), '8-15\n');
  await files.mkdir(`${R}/b`);
  await refused('EINVAL', 'an index that is used', () => writeFile(files, `${R}/b/index`, '2'));
  await withFile(files, `${R}/a/digest`, 'write', async (file) => {
    await refused('EFBIG', '65 bytes', () => file.write(filled(65, 0)));
    await refused('EINVAL', '47 bytes', () => file.write(filled(47, 0)));
  });
  const before = await readFile(files, `${R}/a/digest`);
  await writeFile(files, `${R}/a/digest`, HELLO);
  const after = extendDigest(portableDigests, 'sha384', before, HELLO);
  same('digest', await readFile(files, `${R}/a/digest`), after);
  for (let i = 2; i < 32; i++) await files.mkdir(`${R}/more${String(i)}`);
  await refused('EINVAL', 'a 33rd directory', () => files.mkdir(`${R}/last`));
}

export const EVENT_LOG_CASES: readonly Case[] = [
  add(126, 'P', 'a runtime register is a directory of four files', layout),
  add(127, 'P', 'the first append begins with SYNC', step(1)),
  add(128, 'P', 'lines are trimmed, comments not measured', step(2)),
  add(129, 'P', 'a direct extend is a comment', step(3)),
  add(130, 'P', 'after it the next append begins with SYNC', step(4)),
  add(131, 'P', 'a direct extend that fails leaves its comment', failingExtend),
  add(132, 'P', 'blank lines change nothing', blankLines),
  add(133, 'P', 'the log replays to the register', fullReplay),
  add(134, 'P', 'a forged SYNC is taken, and found by a replay', forgedSync),
  add(135, 'P', 'dialect of issue 495', ofTheLibrary(issue495)),
  add(136, 'P', 'dialect of the attestation agent', ofTheLibrary(aael)),
  add(137, 'P', 'tsm/rtmrs', predecessor, { profiles: ['rtmrs-2024'] }),
];
