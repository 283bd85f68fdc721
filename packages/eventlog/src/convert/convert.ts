/** Any log to any format: what the target can name is written, decoded again, replayed and compared, or refused. */
import { portableDigests, type AlgorithmName, type Digests } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { replay } from '../replay.ts';
import { lossesOf } from './losses.ts';
import type { Conversion, ConvertOptions, ConvertTarget, Refusal } from './model.ts';
import { prove, type Expected } from './prove.ts';
import { isRefusal, refusal } from './refusal.ts';
import { extendsNothing, select, type Selection } from './selection.ts';
import { isSpecId } from './spec-id.ts';
import { sourceOf, type Source } from './source.ts';
import { canName, numberingWords, placeOfName, TARGETS } from './targets.ts';

/** Numbers above name an NV index in some formats: an event without a register must not get one. */
const MAX_PCR = 0xff;

const refuse = (refused: Refusal): Conversion => ({ refused, registers: [], losses: [] });

/** What is wrong with the source itself, or with what was asked of it. */
function checkSource(log: EventLog, { algorithm }: ConvertTarget, digests: Digests): Refusal | undefined {
  const error = log.issues.find(({ severity }) => severity === 'error');
  if (error)
    return refusal('convert.source-damaged', { why: `${error.path || 'the log'}: ${error.message}` });
  if (algorithm !== undefined && !log.algorithms.includes(algorithm))
    return refusal('convert.algorithm-unknown', { algorithm, known: log.algorithms });
  const wanted = algorithm === undefined ? log.algorithms : [algorithm];
  const missing = wanted.find((one) => !digests.has(one));
  return missing && refusal('convert.no-backend', { algorithm: missing });
}

const named = (source: Source): string[] => [
  ...new Set(source.events.flatMap((one) => (extendsNothing(one) ? [] : (one.register ?? [])))),
];

/** The source with the register that was asked for; `register` undefined for all of them. */
interface Asked {
  readonly source: Source;
  readonly register: string | null | undefined;
}

function asked(log: EventLog, target: ConvertTarget, digests: Digests): Asked | Refusal {
  const { format } = target;
  const name = target.register?.toLowerCase();
  const place = name === undefined ? undefined : placeOfName(name);
  if (name !== undefined && !place) return refusal('convert.register-name', { register: name });
  if (log.numbering === 'single') {
    const source = sourceOf(log, digests, name !== undefined && place ? { name, place } : undefined);
    return { source, register: name ?? null };
  }
  const source = sourceOf(log, digests);
  const known = named(source);
  if (name !== undefined && !known.includes(name))
    return refusal('convert.register-unknown', { register: name, known });
  if (name !== undefined || TARGETS[format].registers) return { source, register: name };
  const [only] = known;
  return known.length > 1
    ? refusal('convert.register-needed', { format, known })
    : { source, register: only };
}

/** Can the format name the registers and hold the banks? */
function checkTarget({ events, banks, format }: Selection): Refusal | undefined {
  const row = TARGETS[format];
  const measured = events.filter((one) => !extendsNothing(one));
  if (measured.length === 0) return refusal('convert.empty', { what: 'what was asked for' });
  const foreign = measured.find(({ place }) => !canName(row, place));
  if (foreign) {
    const { kind } = foreign.place;
    const register = foreign.register ?? '';
    if (kind === 'single') return refusal('convert.register-unnamed', { format });
    return row.registers?.[kind]
      ? refusal('convert.register-range', { format, register })
      : refusal('convert.numbering', { format, register, names: numberingWords(row) });
  }
  const { only, many } = row.banks;
  const fit = only ? banks.filter((one) => only.includes(one)) : banks;
  if (fit.length === banks.length && (many || banks.length === 1)) return undefined;
  const can = `${many ? 'any' : 'one'} bank${only ? ` of ${only.join(', ')}` : ''}`;
  return refusal('convert.bank', { format, can, banks, fit: fit.length < banks.length || !many ? fit : [] });
}

/** Are there digests of this bank alone? That of a header is of none. */
function isOfBank({ events }: Source, bank: AlgorithmName): boolean {
  const rest = events.filter((one) => !isSpecId(one));
  return rest.every(({ event }) => event.digests.every(({ algorithm }) => algorithm === bank));
}

/** Is this the format, the register and the banks that the log has already? */
function isSame(source: Source, target: ConvertTarget): boolean {
  const { log } = source;
  const { format, dialect = 'rfc', algorithm, register } = target;
  if (log.format !== format || (log.dialect ?? dialect) !== dialect) return false;
  if (register !== undefined && log.numbering !== 'single') return false;
  return algorithm === undefined || isOfBank(source, algorithm);
}

/**
 * Converts a log. The new bytes are decoded and replayed: every register and bank has the same name and value by both
 * logs, or there are no bytes and `refused` says why. `losses` is what cannot be told from the new log. A log that has the
 * wanted form already is given back byte for byte. Never throws on data.
 */
export function convert(log: EventLog, target: ConvertTarget, options: ConvertOptions = {}): Conversion {
  const { digests = portableDigests } = options;
  const damage = checkSource(log, target, digests);
  if (damage) return refuse(damage);
  const found = asked(log, target, digests);
  if (isRefusal(found)) return refuse(found);
  const selection = select(found.source, target, found.register, digests);
  const unfit = checkTarget(selection);
  const { register } = found;
  const { registers } = replay(log, {
    digests,
    ...(target.register === undefined ? {} : { register: target.register }),
  });
  const expected: Expected = {
    single: register ?? null,
    registers: registers.filter(
      ({ name, algorithm }) =>
        (register === undefined || name === register) &&
        (target.algorithm === undefined || algorithm === target.algorithm),
    ),
  };
  if (isSame(found.source, target)) {
    const held = expected.registers.map(({ name, algorithm, value, extends: events }) => {
      return { name, algorithm, value, events };
    });
    return { bytes: log.bytes, log, registers: held, losses: [] };
  }
  if (unfit) return refuse(unfit);
  const row = TARGETS[target.format];
  const events = selection.events.filter(
    (one) => !extendsNothing(one) || (canName(row, one.place) && one.place.value <= MAX_PCR),
  );
  const draft = row.write({ ...selection, events });
  if (isRefusal(draft)) return refuse(draft);
  const proven = prove(selection, draft, expected);
  if (isRefusal(proven)) return refuse(proven);
  return {
    ...{ bytes: draft.bytes, log: proven.log, registers: proven.registers },
    losses: lossesOf(selection, draft, proven.log, register ?? null),
  };
}
