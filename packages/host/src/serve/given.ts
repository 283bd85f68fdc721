/** Parameters of a request as they came: each is looked at before it is used. EINVAL says what was expected. */
import { fromHex, TsmError } from '@tsm/core';

export class Given {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: unknown) {
    this.values = typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.fail(name, 'a text');
  }

  optionalText(name: string): string | undefined {
    const value = this.values[name];
    return value === undefined || typeof value === 'string' ? value : this.fail(name, 'a text');
  }

  hex(name: string): Uint8Array {
    return this.optionalHex(name) ?? this.fail(name, 'hex');
  }

  optionalHex(name: string): Uint8Array | undefined {
    const text = this.optionalText(name);
    return text === undefined ? undefined : (fromHex(text) ?? this.fail(name, 'hex'));
  }

  optionalNumber(name: string): number | undefined {
    const value = this.values[name];
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
    return this.fail(name, 'a whole number');
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.values[name];
    return value === undefined || typeof value === 'boolean' ? value : this.fail(name, 'true or false');
  }

  optionalDate(name: string): Date | undefined {
    const text = this.optionalText(name);
    const date = text === undefined ? undefined : new Date(text);
    return date && Number.isNaN(date.getTime()) ? this.fail(name, 'a date') : date;
  }

  /** An object of hex. */
  hexes(name: string): Record<string, Uint8Array> {
    const inner = this.values[name] ?? {};
    if (typeof inner !== 'object') return this.fail(name, 'an object of hex');
    const given = new Given(inner);
    return Object.fromEntries(Object.keys(inner).map((key) => [key, given.hex(key)]));
  }

  private fail(name: string, expected: string): never {
    const got = JSON.stringify(this.values[name]) as string | undefined;
    throw new TsmError('EINVAL', `${name}: expected ${expected}, got ${got?.slice(0, 80) ?? 'nothing'}`);
  }
}
