/** Members of a JSON object, each as the type that its specification gives it; what does not fit is said in words. */
import { fromHex } from '@tsm/core';
import { isJsonObject, type JsonObject } from './json.ts';

/** ISO 8601 in UTC, to the second, as Intel's services write dates. */
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

export class JsonFields {
  private readonly object: JsonObject;
  private readonly path: string;
  /** Shared by all the objects of one document. */
  readonly problems: string[];

  constructor(object: JsonObject, path = '', problems: string[] = []) {
    this.object = object;
    this.path = path;
    this.problems = problems;
  }

  has(name: string): boolean {
    return this.object.members.has(name);
  }

  /** Says what is wrong, and goes on with something in its place. */
  private refuse<T>(name: string, expected: string, instead: T): T {
    this.problem(name, expected);
    return instead;
  }

  private problem(name: string, expected: string): void {
    this.problems.push(`${this.path}${name} is not ${expected}`);
  }

  text(name: string): string {
    const value = this.object.members.get(name);
    return typeof value === 'string' ? value : this.refuse(name, 'a string', '');
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.object.members.get(name);
    const known = values.find((one) => one === value);
    if (known === undefined) this.problem(name, `one of ${values.join(', ')}`);
    return known;
  }

  integer(name: string, max: number): number {
    const value = this.object.members.get(name);
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
    return fits ? value : this.refuse(name, `a whole number up to ${String(max)}`, 0);
  }

  hex(name: string, size: number): Uint8Array {
    const value = this.object.members.get(name);
    const bytes = typeof value === 'string' ? fromHex(value) : undefined;
    if (bytes?.length === size) return bytes;
    return this.refuse(name, `${String(size)} bytes in hex`, new Uint8Array(size));
  }

  date(name: string): Date {
    const value = this.object.members.get(name);
    const date = new Date(typeof value === 'string' && DATE.test(value) ? value : Number.NaN);
    return Number.isNaN(date.getTime()) ? this.refuse(name, 'a date in UTC', new Date(0)) : date;
  }

  nested(name: string): JsonFields | undefined {
    const value = this.object.members.get(name);
    if (isJsonObject(value)) return new JsonFields(value, `${this.path}${name}.`, this.problems);
    this.problem(name, 'an object');
    return undefined;
  }

  /** A list of objects. */
  list(name: string): JsonFields[] {
    const value = this.object.members.get(name);
    if (!Array.isArray(value)) return this.refuse(name, 'a list', []);
    return (value as readonly unknown[]).flatMap((item, i) => {
      const path = `${name}[${String(i)}]`;
      if (!isJsonObject(item as JsonObject)) return this.refuse(path, 'an object', []);
      return [new JsonFields(item as JsonObject, `${this.path}${path}.`, this.problems)];
    });
  }

  /** A list of strings; none where it is absent. */
  texts(name: string): readonly string[] {
    const value = this.object.members.get(name);
    if (value === undefined) return [];
    const texts = Array.isArray(value) ? (value as readonly unknown[]) : [undefined];
    return texts.every((one) => typeof one === 'string') ? texts : this.refuse(name, 'a list of strings', []);
  }
}
