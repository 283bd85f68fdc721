/** Virtual processors by the names that QEMU gives them, and the signature that each starts with in RDX. */

/** Family, model, stepping (QEMU target/i386/cpu.c, builtin_x86_defs). */
const NAPLES = [23, 1, 2] as const;
const ROME = [23, 49, 0] as const;
const MILAN = [25, 1, 1] as const;
const GENOA = [25, 17, 0] as const;
const TURIN = [26, 0, 0] as const;

type Model = readonly [family: number, model: number, stepping: number];

const MODELS: Readonly<Record<string, Model>> = {
  EPYC: NAPLES,
  'EPYC-v1': NAPLES,
  'EPYC-v2': NAPLES,
  'EPYC-IBPB': NAPLES,
  'EPYC-v3': NAPLES,
  'EPYC-v4': NAPLES,
  'EPYC-v5': NAPLES,
  'EPYC-Rome': ROME,
  'EPYC-Rome-v1': ROME,
  'EPYC-Rome-v2': ROME,
  'EPYC-Rome-v3': ROME,
  'EPYC-Rome-v4': ROME,
  'EPYC-Rome-v5': ROME,
  'EPYC-Milan': MILAN,
  'EPYC-Milan-v1': MILAN,
  'EPYC-Milan-v2': MILAN,
  'EPYC-Milan-v3': MILAN,
  'EPYC-Genoa': GENOA,
  'EPYC-Genoa-v1': GENOA,
  'EPYC-Genoa-v2': GENOA,
  'EPYC-Turin': TURIN,
  'EPYC-Turin-v1': TURIN,
};

export const CPU_TYPES: readonly string[] = Object.keys(MODELS);

/** EAX of CPUID Fn0000_0001 (AMD CPUID specification, 25481). */
export function cpuSignature(family: number, model: number, stepping: number): number {
  const base = Math.min(family, 15);
  return ((family - base) << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 15) << 4) | (stepping & 15);
}

/** The signature of a type, in any case; undefined for one that is not known. */
export function signatureOfType(type: string): number | undefined {
  const name = CPU_TYPES.find((one) => one.toLowerCase() === type.toLowerCase());
  const model = name === undefined ? undefined : MODELS[name];
  return model && cpuSignature(...model);
}
