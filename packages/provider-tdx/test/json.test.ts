/** The strict JSON reader: agrees with JSON.parse on what both take, refuses what is ambiguous, and keeps the text of objects. */
import { seededRandom, type Random } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { isJsonObject, readJson, type Json } from '../src/verify/json.ts';

function plain(value: Json): unknown {
  if (isJsonObject(value))
    return Object.fromEntries([...value.members].map(([name, one]) => [name, plain(one)]));
  return Array.isArray(value) ? (value as readonly Json[]).map(plain) : value;
}

function generated(random: Random, depth = 0): unknown {
  const kinds = depth < 4 ? 8 : 6;
  switch (random(kinds)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return random(1000) - 500;
    case 3:
      return random(1000) / 7e5;
    case 4:
      return 'é"\\/\b\f\n\r\t\u0001 𝒯'.slice(random(12));
    case 5:
      return `text ${String(random(9))}`;
    case 6:
      return Array.from({ length: random(4) }, () => generated(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, (_, i) => [`m${String(i)}`, generated(random, depth + 1)]),
      );
  }
}

test('takes what JSON.stringify writes, with and without indentation', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 500; round++) {
    const value = generated(random);
    for (const text of [
      JSON.stringify(value),
      JSON.stringify(value, null, 2),
      ` ${JSON.stringify(value)}\r\n\t`,
    ]) {
      const read = readJson(text);
      expect(read.reason).toBeUndefined();
      expect(plain(read.value ?? null)).toEqual(value);
    }
  }
});

test('refuses every text that JSON.parse refuses, and agrees on the others but for duplicates', () => {
  const random = seededRandom(2);
  const base = '{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{"c":{}},"d":"\\\\"}';
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const at = random(base.length);
    const text = base.slice(0, at) + String.fromCharCode(random(128)) + base.slice(at + random(2));
    const read = readJson(text);
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      expected = undefined;
    }
    if (expected === undefined) refused += 1;
    if (expected === undefined) expect(read.value, text).toBeUndefined();
    else if (read.reason === undefined) expect(plain(read.value)).toEqual(expected);
    else expect(read.reason).toContain('not two');
  }
  expect(refused).toBeGreaterThan(1000);
});

describe('refuses', () => {
  test.each([
    ['a member that is there twice', '{"a":1,"a":1}', 'one member a, not two'],
    ['the same name written with an escape', '{"a":1,"\\u0061":2}', 'one member a, not two'],
    ['a duplicate deep inside', '{"x":[{"svn":1,"svn":2}]}', 'one member svn, not two'],
    ['text after the value', '{} {}', 'nothing after the value at character 3'],
    ['a trailing comma', '[1,]', 'a value'],
    ['a leading zero', '[01]', 'expected ]'],
    ['an unquoted name', '{a:1}', 'a string'],
    ['a control character in a string', '"a\nb"', 'the end of the string'],
    ['a string without an end', '"abc', 'the end of the string'],
    ['NaN', 'NaN', 'a value'],
    ['nothing', '', 'a value'],
    ['33 levels', '['.repeat(34) + ']'.repeat(34), 'at most 32 levels'],
  ])('%s', (_, text, reason) => {
    expect(readJson(text).reason).toContain(reason);
  });

  test('a huge nesting and a huge string at once, in no time', () => {
    expect(readJson('['.repeat(1_000_000)).reason).toContain('32 levels');
    expect(readJson(`"${'a'.repeat(3_000_000)}"`).value).toHaveLength(3_000_000);
    expect(readJson(`"${'\\n'.repeat(500_000)}`).reason).toContain('end of the string');
  });
});

test('__proto__ is a member as any other', () => {
  const { value } = readJson('{"__proto__":{"x":1}}');
  expect(isJsonObject(value) && [...value.members.keys()]).toEqual(['__proto__']);
});

test('an object knows its text, byte for byte', () => {
  const inner = '{ "id" : "TDX",\t"n": [ { } ] }';
  const { value } = readJson(` {"tcbInfo": ${inner} ,"signature":"00"}`);
  const object = isJsonObject(value) ? value.members.get('tcbInfo') : undefined;
  expect(isJsonObject(object) && object.raw).toBe(inner);
});
