/** The launch calculator of SEV-SNP: images and configuration to MEASUREMENT and the digests of the owner's keys. */
import type {
  Digests,
  Issue,
  LaunchCalculator,
  LaunchInput,
  LaunchInputs,
  LaunchPrediction,
  PredictedRegister,
} from '@tsm/core';
import { SNP_ISSUES } from '../issues.ts';
import { CPU_TYPES, cpuSignature, signatureOfType } from './cpu-types.ts';
import { ownerKeyDigest } from './id-block.ts';
import { bytesInput, choiceInput, numberInput, requiredBytes, textInput } from './inputs.ts';
import { measureGuest, type GuestDescription } from './measure.ts';
import { VMMS } from './vmsa.ts';

const MODES = ['snp', 'snp:svsm'] as const;
const U8 = [0n, 0xffn] as const;
const U32 = [0n, 0xffffffffn] as const;
const U64 = [0n, 0xffffffffffffffffn] as const;
/** More than any machine has. */
const MAX_VCPUS = 4096n;

const INPUTS: readonly LaunchInput[] = [
  { name: 'firmware', title: 'OVMF image', kind: 'file', required: true },
  { name: 'firmware-hash', title: "Launch digest of the firmware's pages, known already", kind: 'hex' },
  { name: 'kernel', title: 'Kernel of a direct boot', kind: 'file', default: 'no direct boot' },
  { name: 'initrd', title: 'Initial RAM disk of a direct boot', kind: 'file', default: 'none' },
  { name: 'append', title: 'Kernel command line', kind: 'text', default: 'empty' },
  { name: 'vcpus', title: 'Virtual processors', kind: 'number', default: '1' },
  {
    name: 'vcpu-type',
    title: 'QEMU model of the processors',
    kind: 'choice',
    choices: CPU_TYPES,
    default: 'EPYC-v4',
  },
  { name: 'vcpu-sig', title: 'CPUID signature, in place of the model', kind: 'number' },
  { name: 'vcpu-family', title: 'Family, in place of the model', kind: 'number' },
  { name: 'vcpu-model', title: 'Model number, with the family', kind: 'number' },
  { name: 'vcpu-stepping', title: 'Stepping, with the family', kind: 'number' },
  { name: 'vmm-type', title: 'Who launches', kind: 'choice', choices: VMMS, default: 'QEMU' },
  { name: 'guest-features', title: 'SEV_FEATURES', kind: 'number', default: '1, SNP active' },
  {
    name: 'mode',
    title: 'With or without an SVSM',
    kind: 'choice',
    choices: MODES,
    default: 'snp:svsm with an svsm, else snp',
  },
  { name: 'svsm', title: 'SVSM image, below the firmware', kind: 'file' },
  {
    name: 'vars-size',
    title: 'Bytes of variable store between SVSM and firmware',
    kind: 'number',
    default: '0',
  },
  { name: 'id-key', title: 'Public ID key, P-384', kind: 'file' },
  { name: 'author-key', title: 'Public author key, P-384', kind: 'file' },
];

function signatureOf(inputs: LaunchInputs): number {
  const signature = numberInput(inputs, 'vcpu-sig', U32);
  if (signature !== undefined) return Number(signature);
  const family = numberInput(inputs, 'vcpu-family', [0n, 0x10en]);
  const model = numberInput(inputs, 'vcpu-model', U8);
  const stepping = numberInput(inputs, 'vcpu-stepping', [0n, 0xfn]);
  if (family !== undefined) return cpuSignature(Number(family), Number(model ?? 0n), Number(stepping ?? 0n));
  if (model !== undefined || stepping !== undefined) {
    throw new TypeError('vcpu-family: this input is required with vcpu-model and vcpu-stepping');
  }
  return signatureOfType(choiceInput(inputs, 'vcpu-type', CPU_TYPES) ?? 'EPYC-v4') ?? 0;
}

function bootOf(inputs: LaunchInputs): GuestDescription['boot'] {
  const kernel = bytesInput(inputs, 'kernel');
  const initrd = bytesInput(inputs, 'initrd');
  const append = textInput(inputs, 'append');
  if (kernel) return { kernel, initrd: initrd ?? new Uint8Array(0), append: append ?? new Uint8Array(0) };
  if (initrd ?? append?.length) throw new TypeError('kernel: this input is required with initrd and append');
  return undefined;
}

function svsmOf(inputs: LaunchInputs): GuestDescription['svsm'] {
  const image = bytesInput(inputs, 'svsm');
  const mode = choiceInput(inputs, 'mode', MODES) ?? (image ? 'snp:svsm' : 'snp');
  if (mode === 'snp') {
    if (image) throw new TypeError('svsm: mode snp has none');
    return undefined;
  }
  if (!image) throw new TypeError('svsm: this input is required in mode snp:svsm');
  return { image, varsSize: Number(numberInput(inputs, 'vars-size', U32) ?? 0n) };
}

/** What the inputs describe. */
function guestOf(inputs: LaunchInputs): GuestDescription {
  const firmwareHash = bytesInput(inputs, 'firmware-hash', true);
  if (firmwareHash && firmwareHash.length !== 48) {
    throw new RangeError(`firmware-hash: expected 48 bytes, got ${String(firmwareHash.length)}`);
  }
  const svsm = svsmOf(inputs);
  const boot = bootOf(inputs);
  if (svsm && boot) throw new TypeError('kernel: mode snp:svsm measures no direct boot');
  const vmm = choiceInput(inputs, 'vmm-type', VMMS) ?? 'QEMU';
  if (svsm && vmm !== 'QEMU') throw new TypeError('vmm-type: mode snp:svsm is for QEMU alone');
  return {
    firmware: requiredBytes(inputs, 'firmware'),
    firmwareHash,
    boot,
    vmm,
    vcpus: Number(numberInput(inputs, 'vcpus', [1n, MAX_VCPUS]) ?? 1n),
    signature: signatureOf(inputs),
    features: numberInput(inputs, 'guest-features', U64) ?? 1n,
    svsm,
  };
}

const KEYS = { 'id-key': 'id_key_digest', 'author-key': 'author_key_digest' } as const;

function keyRegisters(
  inputs: LaunchInputs,
  digests: Digests,
): { registers: PredictedRegister[]; issues: Issue[] } {
  const registers: PredictedRegister[] = [];
  const issues: Issue[] = [];
  for (const [input, name] of Object.entries(KEYS)) {
    const key = bytesInput(inputs, input);
    if (!key) continue;
    const value = ownerKeyDigest(key, digests);
    if (value) registers.push({ name, algorithm: 'sha384', value });
    else issues.push(SNP_ISSUES.make('snp.key', { path: input, offset: 0, length: key.length }, { input }));
  }
  return { registers, issues };
}

export const snpLaunch: LaunchCalculator = {
  inputs: INPUTS,
  calculate(inputs: LaunchInputs, digests: Digests): LaunchPrediction {
    const known = new Set(INPUTS.map(({ name }) => name));
    const unknown = Object.keys(inputs).find((name) => !known.has(name));
    if (unknown !== undefined) throw new TypeError(`${unknown}: no such input`);
    const guest = guestOf(inputs);
    const keys = keyRegisters(inputs, digests);
    const { measurement, steps, issues } = measureGuest(guest, digests);
    const launch: PredictedRegister[] = measurement
      ? [{ name: 'measurement', algorithm: 'sha384', value: measurement }]
      : [];
    return {
      rules: guest.svsm ? 'QEMU with an SVSM' : `${guest.vmm}, pages in the order of the firmware's metadata`,
      registers: [...launch, ...keys.registers],
      steps,
      issues: [...issues, ...keys.issues],
    };
  },
};
