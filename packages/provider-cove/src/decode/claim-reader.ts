/** Reads the claims of a token by their table: values for the verifier, registers and flat claims for everybody. Spec: CoVE specification, Evidence Format. */
import {
  ALGORITHMS,
  algorithmOfText,
  type AlgorithmName,
  type ClaimValue,
  type Issue,
  type Place,
} from '@tsm/core';
import { cborGet, coseKey, type CborItem } from '@tsm/evidence';
import {
  CLAIMS,
  COMPONENT_FIELDS,
  MEASUREMENT_FIELDS,
  PLATFORM_STATE,
  type ClaimSpec,
  type TokenName,
} from '../claims.ts';
import { COVE_ISSUES } from '../issues.ts';

/** One measurement of a TVM token. */
export interface Measurement {
  readonly index: number;
  readonly algorithm: AlgorithmName;
  readonly value: Uint8Array;
  readonly offset: number;
  readonly kind: 'static' | 'runtime';
}

/** What the claims of one token say. */
export class ClaimReader {
  readonly claims: Record<string, ClaimValue> = {};
  readonly measurements: Measurement[] = [];
  readonly issues: Issue[] = [];
  /** Keys in the token, as SubjectPublicKeyInfo, by claim name. */
  readonly keys = new Map<string, Uint8Array>();
  /** Where each claim's value stands, by claim name. */
  readonly places = new Map<string, Place>();
  private readonly token: TokenName;

  constructor(token: TokenName) {
    this.token = token;
  }

  /** Reads every claim of the token's table from its map. */
  read(map: CborItem): this {
    for (const spec of CLAIMS[this.token]) {
      const item = cborGet(map, spec.label);
      if (item) this.claim(spec, item);
      else if (!spec.optional)
        this.issues.push(
          COVE_ISSUES.make('cove.claim-missing', this.place(this.token, map), {
            claim: spec.name,
            label: spec.label,
          }),
        );
    }
    const known = new Set<unknown>(CLAIMS[this.token].map(({ label }) => label));
    for (const [key] of map.kind === 'map' ? map.entries : []) {
      if ((key.kind === 'int' || key.kind === 'text') && known.has(key.value)) continue;
      const found = 'value' in key ? String(key.value) : key.kind;
      this.issues.push(
        COVE_ISSUES.make('cove.claim-unknown', this.place(this.token, key), { found, token: this.token }),
      );
    }
    return this;
  }

  private place(path: string, { offset, length }: CborItem): Place {
    return { path, offset, length };
  }

  private wrong(claim: string, item: CborItem, expected: string): void {
    const found =
      item.kind === 'bytes'
        ? `${String(item.value.length)} bytes`
        : 'value' in item
          ? `${item.kind} ${String(item.value)}`
          : item.kind;
    const place = this.place(`${this.token}.${claim}`, item);
    this.issues.push(COVE_ISSUES.make('cove.claim-type', place, { claim, found, expected }));
  }

  private claim({ name, type }: ClaimSpec, item: CborItem): void {
    this.places.set(name, this.place(`${this.token}.${name}`, item));
    switch (type.kind) {
      case 'text':
        if (item.kind === 'text') this.claims[name] = item.value;
        else this.wrong(name, item, 'text');
        return;
      case 'bytes':
        if (item.kind === 'bytes' && (type.size === undefined || item.value.length === type.size))
          this.claims[name] = item.value;
        else this.wrong(name, item, type.size === undefined ? 'bytes' : `${String(type.size)} bytes`);
        return;
      case 'key':
        this.key(name, item);
        return;
      case 'state':
        this.state(name, item);
        return;
      case 'components':
        this.components(name, item, type.names);
        return;
      case 'measurements':
        this.registers(name, item, type.max);
    }
  }

  private key(name: string, item: CborItem): void {
    const key = item.kind === 'bytes' ? coseKey(item.value) : undefined;
    if (item.kind !== 'bytes' || !key) {
      this.wrong(name, item, 'a COSE_Key in bytes');
      return;
    }
    this.claims[name] = item.value;
    this.keys.set(name, key.spki);
  }

  private state(name: string, item: CborItem): void {
    const state = Object.entries(PLATFORM_STATE).find(
      ([, value]) => item.kind === 'int' && item.value === value,
    );
    if (state) this.claims[name] = state[0];
    else this.wrong(name, item, '1 to 4');
  }

  private components(name: string, item: CborItem, names: readonly string[] | undefined): void {
    if (item.kind !== 'array' || item.items.length === 0 || (names && item.items.length !== names.length)) {
      this.wrong(name, item, names ? `an array of ${names.join(' and ')}` : 'an array of components');
      return;
    }
    item.items.forEach((component, i) => {
      const prefix = names?.[i] ?? `${name}[${String(i)}]`;
      let algorithm: string | undefined;
      const digests: [field: string, item: CborItem, size: number][] = [];
      for (const { label, name: field, kind, ...rest } of COMPONENT_FIELDS) {
        const value = cborGet(component, label);
        if (!value && 'optional' in rest) continue;
        if (value?.kind !== kind) {
          this.wrong(`${prefix}.${field}`, value ?? component, kind);
          continue;
        }
        this.claims[`${prefix}.${field}`] = value.value;
        if (value.kind === 'bytes') digests.push([field, value, value.value.length]);
        else if (field === 'algorithm') algorithm = value.value;
      }
      const hash = this.hash(algorithm, component);
      for (const [field, digest, size] of hash ? digests : [])
        this.size(`${prefix}.${field}`, digest, hash, size);
    });
  }

  /** The hash of this name; an unknown one is an issue. */
  private hash(text: string | undefined, item: CborItem): AlgorithmName | undefined {
    if (text === undefined) return undefined;
    const algorithm = algorithmOfText(text);
    if (!algorithm)
      this.issues.push(COVE_ISSUES.make('cove.hash-unknown', this.place(this.token, item), { found: text }));
    return algorithm;
  }

  private size(path: string, item: CborItem, algorithm: AlgorithmName | undefined, found: number): boolean {
    if (!algorithm) return false;
    const { size } = ALGORITHMS[algorithm];
    if (found === size) return true;
    const place = this.place(`${this.token}.${path}`, item);
    this.issues.push(COVE_ISSUES.make('cove.digest-size', place, { algorithm, size, found }));
    return false;
  }

  private registers(name: string, item: CborItem, max: number): void {
    if (item.kind !== 'array' || item.items.length === 0 || item.items.length > max) {
      this.wrong(name, item, `an array of 1 to ${String(max)} measurements`);
      return;
    }
    const kind = name.includes('initial') ? 'static' : 'runtime';
    item.items.forEach((one, i) => {
      this.register(`${name}[${String(i)}]`, one, kind);
    });
  }

  private register(path: string, item: CborItem, kind: Measurement['kind']): void {
    const [index, value, hash] = Object.values(MEASUREMENT_FIELDS).map((label) => cborGet(item, label));
    if (index?.kind !== 'int' || typeof index.value !== 'number' || index.value < 0) {
      this.wrong(`${path}.index`, index ?? item, 'a register index');
    } else if (value?.kind !== 'bytes') {
      this.wrong(`${path}.value`, value ?? item, 'bytes');
    } else if (hash?.kind !== 'text') {
      this.wrong(`${path}.algorithm`, hash ?? item, 'text');
    } else {
      const algorithm = this.hash(hash.value, hash);
      if (!algorithm || !this.size(path, value, algorithm, value.value.length)) return;
      const offset = value.offset + value.length - value.value.length;
      this.measured({ index: index.value, algorithm, value: value.value, kind, offset }, path, index);
    }
  }

  private measured(measurement: Measurement, path: string, at: CborItem): void {
    const { index } = measurement;
    if (this.measurements.some((other) => other.index === index))
      this.issues.push(
        COVE_ISSUES.make('cove.register-twice', this.place(`${this.token}.${path}`, at), { index }),
      );
    else this.measurements.push(measurement);
  }
}
