/** The shared provider checks: a provider that keeps the contract passes, and each way to break it fails its check. */
import {
  assertProvider,
  concat,
  defineProvider,
  defineRegister,
  TsmError,
  type Launch,
  type Model,
  type ModelTools,
  type Provider,
} from '@tsm/core';
import { providerChecks } from '@tsm/core/testing';
import { describe, expect, it, test } from 'vitest';

const INBLOB = { min: 64, max: 64 };

const registers = [
  defineRegister({ name: 'fixed', algorithm: null, size: 4 }),
  defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' }),
];

function refuse(reason: string): never {
  throw new TsmError('EINVAL', reason);
}

function start(_launch: Launch, { digests }: ModelTools) {
  const chain = digests.chain('sha384', new Uint8Array(48));
  const read = (name: string): Uint8Array => (name === 'mr' ? chain.value() : Uint8Array.of(1, 2, 3, 4));
  return {
    read,
    extend: (name: string, value: Uint8Array): void => {
      if (name !== 'mr' || value.length !== 48) refuse(name);
      chain.extend(value);
    },
    report({ inblob }: { readonly inblob: Uint8Array }) {
      if (inblob.length !== 64) refuse('inblob');
      return { outblob: concat(read('mr'), inblob) };
    },
  };
}

const GOOD = defineProvider({
  apiVersion: 1,
  id: 'good',
  title: 'Good',
  registers,
  model: start,
  report: { name: 'good_guest', inblob: INBLOB, attributes: [] },
  evidence: {
    recognise: (bytes) => bytes.length === 112,
    decode: (bytes) => ({
      ...{ technology: 'good', format: 'v1', trailing: 0, issues: [] },
      registers: [{ name: 'mr', value: bytes.subarray(0, 48), offset: 0 }],
      reportData: bytes.subarray(48),
      tree: {
        name: 'report',
        path: '',
        offset: 0,
        length: bytes.length,
        value: undefined,
        doc: '',
        children: [],
      },
    }),
  },
});

/** The good model, which does not report. */
function silent(launch: Launch, tools: ModelTools): Model {
  const { read, extend } = start(launch, tools);
  return { read, extend };
}

/** The good provider with another model. */
function withModel(change: (model: ReturnType<typeof start>) => Partial<Model>): Provider {
  return {
    ...GOOD,
    model(launch, tools) {
      const model = start(launch, tools);
      return { ...model, ...change(model) };
    },
  };
}

/** Names of the checks that fail. */
async function failures(provider: Provider): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of providerChecks(provider)) {
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

describe('a provider that keeps the contract', () => {
  for (const check of providerChecks(GOOD)) test(check.name, check.run);

  it('needs no more than its registers', async () => {
    const least = defineProvider({ apiVersion: 1, id: 'least', title: 'Least', registers });
    expect(await failures(least)).toEqual([]);
  });

  it('fails for evidence that it is given and does not know', () => {
    const [check] = providerChecks(GOOD, { evidence: [new Uint8Array(3)] }).filter(({ name }) =>
      name.startsWith('evidence: fixture'),
    );
    expect(check?.run).toThrow('not recognised');
  });
});

const BROKEN: readonly [string, Provider, RegExp][] = [
  ['an id in upper case', { ...GOOD, id: 'Good' }, /satisfies the contract/],
  ['one register twice', { ...GOOD, registers: [...registers, ...registers] }, /unique and lower case/],
  [
    'a size that is not that of the algorithm',
    { ...GOOD, registers: [defineRegister({ name: 'mr', algorithm: 'sha384', size: 32 })] },
    /sizes fit their algorithms/,
  ],
  ['a value of another size', withModel(() => ({ read: () => new Uint8Array(5) })), /has its declared size/],
  ['an extend that does nothing', withModel(() => ({ extend: () => undefined })), /an extend changes/],
  [
    'an extend that forgets the order',
    withModel(() => {
      const sum = new Uint8Array(48);
      return {
        read: (name) => (name === 'mr' ? sum.slice() : new Uint8Array(4)),
        extend: (_name, value) => {
          for (const [i, byte] of value.entries()) sum[i] = (sum[i] ?? 0) + byte;
        },
      };
    }),
    /order of extends matters/,
  ],
  [
    'a static register that can be extended',
    withModel((model) => ({
      extend: (name, value) => {
        if (name !== 'fixed') model.extend(name, value);
      },
    })),
    /static registers refuse/,
  ],
  [
    'a value of a wrong size that is cut',
    withModel((model) => ({
      extend: (name, value) => {
        model.extend(name, value.subarray(0, 48));
      },
    })),
    /4096 bytes/,
  ],
  ['a report driver without reports', { ...GOOD, model: silent }, /if, and only if/],
  ['a model that gives its memory away', withModel(shared), /is a copy/],
  ['an inblob that is not checked', withModel((model) => ({ report: () => model.report(EMPTY) })), /inblob/],
  [
    'evidence that loses the report data',
    withModel((model) => ({ report: ({ inblob }) => check(inblob, model.report(EMPTY)) })),
    /decodes to the registers it has/,
  ],
];

const EMPTY = { inblob: new Uint8Array(64) };

function check<T>(inblob: Uint8Array, blobs: T): T {
  return inblob.length === 64 ? blobs : refuse('inblob');
}

function shared(model: Model): Partial<Model> {
  const value = model.read('fixed');
  return { read: (name) => (name === 'fixed' ? value : model.read(name)) };
}

describe('each way to break the contract fails its check', () => {
  test.each(BROKEN)('%s', async (_, provider, name) => {
    expect((await failures(provider)).filter((one) => name.test(one))).toHaveLength(1);
  });
});

describe('defineRegister', () => {
  it('fills in what is usual for a static register, and for a runtime one', () => {
    expect(registers).toMatchObject([
      {
        title: 'fixed',
        kind: 'static',
        role: 'other',
        size: 4,
        extensible: false,
        live: false,
        hasLog: false,
      },
      { title: 'mr', size: 48, readable: true, extensible: true, live: true, hasLog: true, numbers: {} },
    ]);
  });

  it('takes what is given', () => {
    const given = { kind: 'runtime', extensible: false, role: 'os', size: 32 } as const;
    expect(defineRegister({ name: 'mr', algorithm: 'sha256', ...given })).toMatchObject({
      ...given,
      hasLog: false,
    });
  });

  it('wants a size where there is no algorithm', () => {
    expect(() => defineRegister({ name: 'mr', algorithm: null })).toThrow('mr: expected a size');
  });
});

test.each([
  [undefined, 'expected an object, got undefined'],
  [{ ...GOOD, apiVersion: 2 }, 'apiVersion must be 1, got 2'],
  [{ ...GOOD, registers: undefined }, 'registers must be an array'],
  [{ ...GOOD, title: 1 }, 'title must be a string'],
  [{ ...GOOD, model: {} }, 'model must be of type function, got object'],
])('assertProvider names what is wrong: %#', (value, message) => {
  expect(() => {
    assertProvider(value);
  }).toThrow(new TypeError(`provider: ${message}`));
});
