/** Reference values of the Reference Value Provider Service (RVPS) of Trustee, as JSON. */
import { ALGORITHMS, fromHex, utf8Bytes, utf8Text, type AlgorithmName } from '@tsm/core';
import { addValue, algorithmOf, found, Losses, type Exported, type Imported } from './exchange.ts';
import type { Policy, ReferenceValue } from './model.ts';

const VERSION = '0.1.0';
/** RVPS wants an end for every value; this one stands for none. */
const NEVER = '9999-12-31T23:59:59Z';

/** Names that policies of Trustee give to registers, after dots and underscores are taken away. */
const REGISTER_NAMES: Readonly<Record<string, string>> = {
  launchmeasurement: 'measurement',
  snplaunchmeasurement: 'measurement',
};

type Json = Readonly<Record<string, unknown>>;

/** `tdx.quote.body.rtmr_1` is `rtmr1`. */
function registerOf(name: string): string {
  const last = name.split('.').at(-1) ?? name;
  const plain = last.replaceAll('_', '').toLowerCase();
  return REGISTER_NAMES[plain] ?? plain;
}

function isAlgorithm(name: unknown): name is AlgorithmName {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}

/** Values of one entry: pairs of `hash-value`, or in newer versions a list of texts in `value`. */
function valuesOf(entry: Json): { value: unknown; alg?: unknown }[] {
  const pairs = entry['hash-value'];
  if (Array.isArray(pairs))
    return pairs.map((pair: unknown) => ({ ...(pair as Json), value: (pair as Json)['value'] }));
  const { value } = entry;
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => ({ value: one }));
}

function readEntry(entry: Json, path: string, table: Map<string, ReferenceValue[]>, losses: Losses): void {
  const { name, expiration, expired } = entry;
  if (typeof name !== 'string') {
    losses.malformed(`${path}.name`, 'the name of a reference value', found(name));
    return;
  }
  const end = expiration ?? expired;
  const expires = typeof end === 'string' && end !== NEVER ? end : undefined;
  for (const { value, alg } of valuesOf(entry)) {
    const hex = typeof value === 'string' ? value.toLowerCase() : '';
    if (hex === '' || fromHex(hex) === undefined || hex.length < 40) {
      losses.lose(path, `${name} = ${found(value)} is no value of a register`);
      continue;
    }
    addValue(table, registerOf(name), {
      value: hex,
      ...(isAlgorithm(alg) ? { algorithm: alg } : {}),
      ...(expires === undefined ? {} : { expires }),
    });
  }
}

/** A JSON list of reference values, or one of them. Values that are no register value are lost, and named. */
export function importRvps(bytes: Uint8Array): Imported {
  const losses = new Losses(bytes.length);
  let json: unknown;
  try {
    json = JSON.parse(utf8Text(bytes));
  } catch (error) {
    losses.malformed('$', 'JSON', error instanceof Error ? error.message : String(error));
    return { policy: undefined, issues: losses.issues };
  }
  const table = new Map<string, ReferenceValue[]>();
  const entries: readonly unknown[] = Array.isArray(json) ? json : [json];
  entries.forEach((entry, i) => {
    const path = `$[${String(i)}]`;
    if (typeof entry === 'object' && entry !== null) readEntry(entry as Json, path, table, losses);
    else losses.malformed(path, 'an object', found(entry));
  });
  if (losses.failed) return { policy: undefined, issues: losses.issues };
  return { policy: { version: 1, registers: Object.fromEntries(table) }, issues: losses.issues };
}

const CARRIED = new Set(['$schema', 'version', 'registers']);

/** Values of one name have one end in RVPS: the earliest, which is the safe one. */
function earliest(values: readonly ReferenceValue[]): string {
  return values.map(({ expires }) => expires ?? NEVER).sort()[0] ?? NEVER;
}

export function exportRvps(policy: Policy): Exported {
  const losses = new Losses();
  const { registers = {} } = policy;
  for (const member of Object.keys(policy))
    if (!CARRIED.has(member)) losses.lose(`$.${member}`, `${member}: RVPS has values of registers only`);
  const entries = Object.entries(registers).map(([name, values]) => {
    const expiration = earliest(values);
    values.forEach((one, i) => {
      const path = `$.registers.${name}[${String(i)}]`;
      if (one.name !== undefined) losses.lose(path, `the name ${one.name}`);
      if ((one.expires ?? NEVER) !== expiration)
        losses.lose(path, `the end ${one.expires ?? 'never'}: all values of ${name} end at ${expiration}`);
    });
    const pairs = values.map((one) => ({ alg: algorithmOf(one) ?? 'raw', value: one.value }));
    return { version: VERSION, name, expiration, 'hash-value': pairs };
  });
  return { bytes: utf8Bytes(`${JSON.stringify(entries, undefined, 2)}\n`), issues: losses.issues };
}
