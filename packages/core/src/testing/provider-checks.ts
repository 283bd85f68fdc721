/** The checks that every provider must pass, ours and third parties'. */
import { equalBytes, toHex } from '../bytes.ts';
import { ALGORITHMS, portableDigests } from '../digest.ts';
import { TsmError } from '../issue.ts';
import {
  assertProvider,
  type Launch,
  type Model,
  type Provider,
  type ReportBlobs,
  type ReportRequest,
} from '../provider.ts';
import { registerAddress, registerFullName, type RegisterSpec } from '../register.ts';
import type { Check } from './random.ts';

export interface ProviderFixtures {
  /** Launch of the model under check; default: a fixed seed and time. */
  readonly launch?: Launch;
  /** Evidence that the provider's format must take, beside what its own model mints. */
  readonly evidence?: readonly Uint8Array[];
}

const LAUNCH: Launch = { seed: new Uint8Array(32).fill(7), now: new Date('2026-01-01T00:00:00Z') };

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function expectErrno(errno: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    expect(code === errno, `expected ${errno}, got ${code}`);
    return;
  }
  throw new Error(`expected ${errno}, but it was accepted`);
}

function contractChecks(provider: Provider): Check[] {
  return [
    {
      name: 'the value satisfies the contract',
      run() {
        assertProvider(provider);
      },
    },
    {
      name: 'register names with their hash are unique and lower case',
      run() {
        const names = provider.registers.map(registerFullName);
        expect(new Set(names).size === names.length, `duplicate register in ${names.join(' ')}`);
        for (const { name } of provider.registers)
          expect(/^[a-z][a-z0-9_]*$/.test(name), `register name ${name}`);
      },
    },
    {
      name: 'register sizes fit their algorithms, and only runtime registers can be extended',
      run() {
        for (const { name, algorithm, size, kind, extensible } of provider.registers) {
          expect(
            algorithm === null || ALGORITHMS[algorithm].size === size,
            `${name}: ${String(size)} bytes for ${String(algorithm)}`,
          );
          expect(!extensible || kind === 'runtime', `${name} is static and extensible`);
        }
      },
    },
  ];
}

/** The registers, each named by its address, which is how a model is asked for it. */
function addressed(provider: Provider): RegisterSpec[] {
  return provider.registers.map((one) => ({ ...one, name: registerAddress(provider.registers, one) }));
}

function modelChecks(provider: Provider, start: () => Model): Check[] {
  const registers = addressed(provider);
  const runtime = registers.filter((register) => register.extensible);
  return [
    {
      name: 'model: every readable register has its declared size',
      run() {
        const model = start();
        for (const { name, size, readable } of registers) {
          if (readable)
            expect(model.read(name).length === size, `${name}: ${String(model.read(name).length)} bytes`);
        }
      },
    },
    {
      name: 'model: an extend changes its register, and no other that does not share its storage',
      run() {
        for (const { name, size } of runtime) {
          const model = start();
          const before = new Map(
            registers.map((one) => [one.name, one.readable ? toHex(model.read(one.name)) : '']),
          );
          model.extend(name, new Uint8Array(size).fill(1));
          expect(toHex(model.read(name)) !== before.get(name), `${name} did not change`);
          const others = registers.filter(
            (one) => one.name !== name && one.kind === 'static' && one.readable && !one.live,
          );
          for (const other of others)
            expect(
              toHex(model.read(other.name)) === before.get(other.name),
              `${other.name} changed with ${name}`,
            );
        }
      },
    },
    {
      name: 'model: order of extends matters, and the same extends give the same value',
      run() {
        for (const { name, size } of runtime) {
          const run = (...fills: number[]): string => {
            const model = start();
            for (const fill of fills) model.extend(name, new Uint8Array(size).fill(fill));
            return toHex(model.read(name));
          };
          expect(run(1, 2) === run(1, 2), `${name} is not deterministic`);
          expect(run(1, 2) !== run(2, 1), `${name} ignores the order`);
        }
      },
    },
    {
      name: 'model: unknown and static registers refuse an extend with EINVAL and stay as they were',
      run() {
        const model = start();
        expectErrno('EINVAL', () => {
          model.extend('no_such_register', new Uint8Array(48));
        });
        for (const { name, size, extensible, readable } of registers) {
          if (extensible || !readable) continue;
          const before = model.read(name);
          expectErrno('EINVAL', () => {
            model.extend(name, new Uint8Array(size));
          });
          expect(equalBytes(model.read(name), before), `${name} changed`);
        }
      },
    },
    {
      name: 'model: a value of 4096 bytes, which no hardware takes, is refused with EINVAL',
      run() {
        for (const { name } of runtime) {
          const model = start();
          const before = model.read(name);
          expectErrno('EINVAL', () => {
            model.extend(name, new Uint8Array(4096));
          });
          expect(equalBytes(model.read(name), before), `${name} changed`);
        }
      },
    },
    {
      name: 'model: it reports if, and only if, the provider has a report driver',
      run() {
        const reports = start().report !== undefined;
        expect(
          reports === (provider.report !== undefined),
          reports ? 'no report driver' : 'the model has no report',
        );
      },
    },
    {
      name: 'model: a value that was read is a copy',
      run() {
        const model = start();
        for (const { name, readable } of registers) {
          if (!readable) continue;
          const first = toHex(model.read(name));
          model.read(name).fill(0xaa);
          expect(toHex(model.read(name)) === first, `${name} can be written through a read`);
        }
      },
    },
  ];
}

function evidenceChecks(provider: Provider, start: () => Model, fixtures: ProviderFixtures): Check[] {
  const { evidence, report } = provider;
  if (!evidence) return [];
  const given = (fixtures.evidence ?? []).map((bytes, i): Check => ({
    name: `evidence: fixture ${String(i)} is recognised and decodes without errors`,
    run() {
      expect(evidence.recognise(bytes), 'not recognised');
      const error = evidence.decode(bytes).issues.find((issue) => issue.severity === 'error');
      expect(error === undefined, error?.message ?? '');
    },
  }));
  if (!provider.model || !report) return given;
  const inblob = new Uint8Array(report.inblob.max).fill(0x5a);
  const take = (model: Model, request: ReportRequest): ReportBlobs => {
    if (!model.report) throw new TsmError('ENXIO', 'the model has no report');
    return model.report(request);
  };
  return [
    ...given,
    {
      name: 'evidence: what the model reports decodes to the registers it has, and to the report data it was given',
      run() {
        const model = start();
        for (const { name, size, extensible } of addressed(provider))
          if (extensible) model.extend(name, new Uint8Array(size).fill(3));
        const { outblob } = take(model, { inblob });
        expect(evidence.recognise(outblob), 'not recognised');
        const decoded = evidence.decode(outblob);
        expect(equalBytes(decoded.reportData, inblob), `report data ${toHex(decoded.reportData)}`);
        expect(decoded.registers.length > 0, 'no registers in the evidence');
        for (const { name, value } of decoded.registers) {
          expect(
            equalBytes(value, model.read(name)),
            `${name}: ${toHex(value)} in the evidence, ${toHex(model.read(name))} in the model`,
          );
        }
      },
    },
    {
      name: 'evidence: truncation at every 7th byte gives issues and never throws',
      run() {
        const { outblob } = take(start(), { inblob });
        for (let length = 0; length < outblob.length; length += 7)
          evidence.decode(outblob.subarray(0, length));
      },
    },
    {
      name: 'report: an inblob of a wrong size is EINVAL',
      run() {
        expectErrno('EINVAL', () => take(start(), { inblob: new Uint8Array(report.inblob.max + 1) }));
        expectErrno('EINVAL', () => take(start(), { inblob: new Uint8Array(report.inblob.min - 1) }));
      },
    },
  ];
}

/**
 * All checks that apply to what the provider has. Use with any runner:
 * `for (const check of providerChecks(mine)) test(check.name, check.run)`.
 */
export function providerChecks(provider: Provider, fixtures: ProviderFixtures = {}): Check[] {
  const { model } = provider;
  const launch = fixtures.launch ?? LAUNCH;
  const start = (): Model => {
    if (!model) throw new TsmError('ENODEV', `${provider.id} has no model`);
    return model(launch, { digests: portableDigests });
  };
  return [
    ...contractChecks(provider),
    ...(model ? modelChecks(provider, start) : []),
    ...evidenceChecks(provider, start, fixtures),
  ];
}
