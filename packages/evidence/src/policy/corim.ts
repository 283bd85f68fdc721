/** Reference values as Concise Reference Integrity Manifest, CBOR, unsigned. Source: draft-ietf-rats-corim §4, §5. */
import { fromHex, toHex, type AlgorithmName } from '@tsm/core';
import { cborGet, readCbor, type CborItem, type CborKey } from '../cose/cbor.ts';
import { decodeSign1 } from '../cose/cose.ts';
import { encodeCbor, type CborValue } from '../cose/encode-cbor.ts';
import { addValue, algorithmOf, Losses, type Exported, type Imported } from './exchange.ts';
import type { Constraint, Policy, ReferenceValue } from './model.ts';

const TAG = { time: 1, sign1: 18, corim: 501, comid: 506, svn: 552, minSvn: 553, rawValue: 560 } as const;
const CORIM = { id: 0, tags: 1, validity: 4 } as const;
const VALIDITY = { notAfter: 1 } as const;
const COMID = { identity: 1, triples: 4 } as const;
const TRIPLES = { reference: 0 } as const;
const ENVIRONMENT = { class: 0 } as const;
const CLASS = { vendor: 1, model: 2 } as const;
const MEASUREMENT = { key: 0, values: 1 } as const;
const VALUES = { svn: 1, digests: 2, flags: 3, rawValue: 4, mask: 5, name: 11, registers: 14 } as const;
const FLAGS = { debug: 3 } as const;

/** Hash algorithms by the registry of named information (RFC 6920 §9.4), which has no SM3. */
const HASHES: readonly (readonly [id: number, name: string, algorithm: AlgorithmName])[] = [
  [1, 'sha-256', 'sha256'],
  [7, 'sha-384', 'sha384'],
  [8, 'sha-512', 'sha512'],
];

const map = (...entries: [CborKey, CborValue][]): CborValue => new Map(entries);
const tagged = (tag: number, value: CborValue): CborValue => ({ tag, value });

/** One measurement-values-map, with the measured element that it is of. */
interface Measured {
  readonly key?: string;
  readonly values: CborValue;
}

function registerMeasurements(policy: Policy, losses: Losses): Measured[] {
  return Object.entries(policy.registers ?? {}).flatMap(([register, values]) =>
    values.flatMap((one, i): Measured[] => {
      const hash = HASHES.find(([, , algorithm]) => algorithm === algorithmOf(one));
      const bytes = fromHex(one.value);
      if (!hash || !bytes) {
        losses.lose(`$.registers.${register}[${String(i)}]`, 'a value without a SHA-2 algorithm');
        return [];
      }
      const digests: CborValue = [[hash[0], bytes]];
      const name: [CborKey, CborValue][] = one.name === undefined ? [] : [[VALUES.name, one.name]];
      return [{ values: map(...name, [VALUES.registers, map([register, digests])]) }];
    }),
  );
}

function isNatural(value: unknown): value is number | string {
  return /^\d+$/.test(String(value)) && typeof value !== 'boolean';
}

/** Security versions become SVNs, masked bytes raw values; the other constraints have no place in a CoRIM. */
function constraintValues(constraint: Constraint): CborValue | undefined {
  const { equals, min, mask, ...rest } = constraint;
  if (Object.keys(rest).length > 0) return undefined;
  const bytes = typeof equals === 'string' ? fromHex(equals) : undefined;
  if (min === undefined && bytes && !isNatural(equals)) {
    const bits = mask === undefined ? undefined : fromHex(mask);
    const masked: [CborKey, CborValue][] = bits ? [[VALUES.mask, bits]] : [];
    return map([VALUES.rawValue, tagged(TAG.rawValue, bytes)], ...masked);
  }
  if (mask !== undefined || (equals === undefined) === (min === undefined)) return undefined;
  const number = equals ?? min;
  if (!isNatural(number)) return undefined;
  return map([VALUES.svn, tagged(equals === undefined ? TAG.minSvn : TAG.svn, BigInt(number))]);
}

function claimMeasurements(policy: Policy, losses: Losses): Measured[] {
  return Object.entries(policy.claims ?? {}).flatMap(([key, constraint]): Measured[] => {
    const values = constraintValues(constraint);
    if (values) return [{ key, values }];
    losses.lose(`$.claims.${key}`, `the constraint on ${key}: only SVNs and masked bytes have a place`);
    return [];
  });
}

/** One end for the whole manifest: the earliest. */
function validityOf(policy: Policy, losses: Losses): [CborKey, CborValue][] {
  const ends = Object.entries(policy.registers ?? {}).flatMap(([name, values]) =>
    values.map(({ expires }, i) => ({ path: `$.registers.${name}[${String(i)}]`, expires })),
  );
  const dates = ends.flatMap(({ expires }) => (expires === undefined ? [] : [Date.parse(expires)]));
  if (dates.length === 0) return [];
  const first = Math.min(...dates);
  for (const { path, expires } of ends)
    if (expires === undefined || Date.parse(expires) !== first)
      losses.lose(
        path,
        `the end ${expires ?? 'never'}: the manifest ends at ${new Date(first).toISOString()}`,
      );
  return [[CORIM.validity, map([VALIDITY.notAfter, tagged(TAG.time, Math.floor(first / 1000))])]];
}

/** An unsigned manifest with one CoMID; each accepted value is a reference triple of its own. */
export function exportCorim(policy: Policy, id: string): Exported {
  const losses = new Losses();
  const { technologies = [], roles, tcbStatus, debug } = policy;
  for (const role of Object.keys(roles ?? {}))
    losses.lose(`$.roles.${role}`, `the role ${role}: CoRIM names registers`);
  if (tcbStatus) losses.lose('$.tcbStatus', 'the accepted statuses of the TCB');
  const debugFlag: Measured = { values: map([VALUES.flags, map([FLAGS.debug, debug === 'allow'])]) };
  const measured = [debugFlag, ...registerMeasurements(policy, losses), ...claimMeasurements(policy, losses)];
  const environments = (technologies.length > 0 ? technologies : ['any']).map((model) =>
    map([ENVIRONMENT.class, map([CLASS.vendor, 'TSM'], [CLASS.model, model])]),
  );
  const triples = environments.flatMap((environment): CborValue[] =>
    measured.map(({ key, values }): CborValue => {
      const element: [CborKey, CborValue][] = key === undefined ? [] : [[MEASUREMENT.key, key]];
      return [environment, [map(...element, [MEASUREMENT.values, values])]];
    }),
  );
  const comid = map(
    [COMID.identity, map([0, policy.name ?? id])],
    [COMID.triples, map([TRIPLES.reference, triples])],
  );
  const manifest = map(
    [CORIM.id, id],
    [CORIM.tags, [tagged(TAG.comid, encodeCbor(comid))]],
    ...validityOf(policy, losses),
  );
  return { bytes: encodeCbor(tagged(TAG.corim, manifest)), issues: losses.issues };
}

/** What an import collects. */
class Reader {
  readonly losses: Losses;
  readonly registers = new Map<string, ReferenceValue[]>();
  readonly claims = new Map<string, Constraint>();
  readonly technologies = new Set<string>();
  debug: 'allow' | undefined;
  expires: string | undefined;

  constructor(length: number) {
    this.losses = new Losses(length);
  }

  lose(item: CborItem, path: string, what: string): void {
    this.losses.lose(path, what, { offset: item.offset, length: item.length });
  }

  digests(item: CborItem, register: string, name: string | undefined, path: string): void {
    for (const digest of item.kind === 'array' ? item.items : []) {
      const [id, value] = digest.kind === 'array' ? digest.items : [];
      const hash = HASHES.find(
        ([number, text]) =>
          (id?.kind === 'int' && id.value === number) || (id?.kind === 'text' && id.value === text),
      );
      if (!hash || value?.kind !== 'bytes') {
        this.lose(digest, path, `a digest of ${register} by an algorithm that is not SHA-2`);
        continue;
      }
      addValue(this.registers, register, {
        value: toHex(value.value),
        ...(name === undefined ? {} : { name }),
        ...(this.expires === undefined ? {} : { expires: this.expires }),
      });
    }
  }

  registersOf(item: CborItem, name: string | undefined, path: string): void {
    for (const [key, value] of item.kind === 'map' ? item.entries : []) {
      if (key.kind === 'text') this.digests(value, key.value, name, `${path}.${key.value}`);
      else this.lose(key, path, 'a register that is numbered, not named');
    }
  }

  svn(item: CborItem, key: string, path: string): void {
    const [tag, inner] = item.kind === 'tag' ? [Number(item.tag), item.item] : [TAG.svn, item];
    if (inner.kind !== 'int' || (tag !== TAG.svn && tag !== TAG.minSvn)) {
      this.lose(item, path, `the SVN of ${key} in a form that is not known`);
      return;
    }
    const number = typeof inner.value === 'bigint' ? inner.value.toString() : inner.value;
    this.claims.set(key, tag === TAG.minSvn ? { min: number } : { equals: number });
  }

  rawValue(values: CborItem, key: string, path: string): void {
    const raw = cborGet(values, VALUES.rawValue);
    const bytes = raw?.kind === 'tag' && raw.item.kind === 'bytes' ? raw.item.value : undefined;
    const mask = cborGet(values, VALUES.mask);
    if (!bytes) {
      this.lose(values, path, `the raw value of ${key}: not tagged bytes`);
      return;
    }
    const bits = mask?.kind === 'bytes' ? { mask: toHex(mask.value) } : {};
    this.claims.set(key, { equals: toHex(bytes), ...bits });
  }

  /** One measurement-map. */
  measurement(item: CborItem, path: string): void {
    const key = cborGet(item, MEASUREMENT.key);
    const values = cborGet(item, MEASUREMENT.values);
    if (values?.kind !== 'map') {
      this.lose(item, path, 'a measurement without values');
      return;
    }
    const element = key?.kind === 'text' ? key.value : undefined;
    const nameItem = cborGet(values, VALUES.name);
    const name = nameItem?.kind === 'text' ? nameItem.value : undefined;
    for (const [label, value] of values.entries) {
      const number = label.kind === 'int' ? Number(label.value) : -1;
      if (number === VALUES.name || number === VALUES.mask) continue;
      if (number === VALUES.registers) this.registersOf(value, name, path);
      else if (number === VALUES.digests && element !== undefined) this.digests(value, element, name, path);
      else if (number === VALUES.svn && element !== undefined) this.svn(value, element, path);
      else if (number === VALUES.rawValue && element !== undefined) this.rawValue(values, element, path);
      else if (number === VALUES.flags) this.flags(value, path);
      else
        this.lose(
          value,
          path,
          `measurement value ${label.kind === 'int' ? String(label.value) : label.kind}`,
        );
    }
  }

  flags(item: CborItem, path: string): void {
    for (const [key, value] of item.kind === 'map' ? item.entries : []) {
      const debug = key.kind === 'int' && key.value === FLAGS.debug && value.kind === 'simple';
      if (!debug) this.lose(key, path, 'a flag other than debug');
      else if (value.value === true) this.debug = 'allow';
    }
  }

  environment(item: CborItem | undefined, path: string): void {
    const found = cborGet(item, ENVIRONMENT.class);
    const model = cborGet(found, CLASS.model);
    const known = model?.kind === 'text' ? /\b(tdx|snp|cca|cove)\b/i.exec(model.value)?.[1] : undefined;
    if (known !== undefined) this.technologies.add(known.toLowerCase());
    else if (item && !(model?.kind === 'text' && model.value === 'any'))
      this.lose(item, path, 'an environment that names no technology known here');
  }

  comid(bytes: Uint8Array, offset: number, path: string): void {
    const { item, issues } = readCbor(bytes, { path, offset, length: bytes.length });
    const triples = cborGet(cborGet(item, COMID.triples), TRIPLES.reference);
    if (!item || issues.some(({ severity }) => severity === 'error') || triples?.kind !== 'array') {
      this.losses.lose(path, 'a module without reference triples', { offset, length: bytes.length });
      return;
    }
    triples.items.forEach((triple, i) => {
      const at = `${path}.reference[${String(i)}]`;
      const [environment, measurements] = triple.kind === 'array' ? triple.items : [];
      this.environment(environment, at);
      for (const one of measurements?.kind === 'array' ? measurements.items : []) this.measurement(one, at);
    });
  }

  validity(item: CborItem | undefined): void {
    const end = cborGet(item, VALIDITY.notAfter);
    const seconds = end?.kind === 'tag' && end.item.kind === 'int' ? Number(end.item.value) : undefined;
    const date = seconds === undefined ? undefined : new Date(1000 * seconds);
    if (date && !Number.isNaN(date.getTime())) this.expires = date.toISOString();
  }

  manifest(item: CborItem): void {
    this.validity(cborGet(item, CORIM.validity));
    const tags = cborGet(item, CORIM.tags);
    (tags?.kind === 'array' ? tags.items : []).forEach((tag, i) => {
      const path = `$.tags[${String(i)}]`;
      const bytes = tag.kind === 'tag' && tag.item.kind === 'bytes' ? tag.item : undefined;
      if (bytes && tag.kind === 'tag' && Number(tag.tag) === TAG.comid)
        this.comid(bytes.value, bytes.content, path);
      else this.lose(tag, path, 'a tag that is no CoMID');
    });
  }

  policy(): Policy {
    const { registers, claims, technologies, debug } = this;
    return {
      version: 1,
      ...(technologies.size > 0 ? { technologies: [...technologies] } : {}),
      ...(debug ? { debug } : {}),
      ...(registers.size > 0 ? { registers: Object.fromEntries(registers) } : {}),
      ...(claims.size > 0 ? { claims: Object.fromEntries(claims) } : {}),
    };
  }
}

/** Takes the signature off a signed manifest. Who signed it is not looked at, and that is said. */
function unsigned(bytes: Uint8Array, reader: Reader): Uint8Array {
  const { sign1 } = bytes[0] === 0xd2 ? decodeSign1(bytes) : { sign1: undefined };
  if (!sign1) return bytes;
  reader.losses.lose('$', 'the signature of the manifest: it was not checked');
  return sign1.payload;
}

/** An unsigned manifest, or the payload of a signed one. What a policy cannot say is lost, and named. */
export function importCorim(bytes: Uint8Array): Imported {
  const reader = new Reader(bytes.length);
  const { item, issues } = readCbor(unsigned(bytes, reader));
  const broken = issues.filter(({ severity }) => severity === 'error');
  const manifest = item?.kind === 'tag' && Number(item.tag) === TAG.corim ? item.item : undefined;
  if (manifest?.kind !== 'map' || broken.length > 0) {
    if (broken.length === 0) reader.losses.malformed('$', 'a CoRIM (CBOR tag 501)', item?.kind ?? 'nothing');
    return { policy: undefined, issues: [...broken, ...reader.losses.issues] };
  }
  reader.manifest(manifest);
  return { policy: reader.policy(), issues: [...issues, ...reader.losses.issues] };
}
