/** The TSM as salus has it, quirks included: one certificate, no platform below it, no challenge. Source: rivosinc/salus src/vm.rs, u-mode/src/cert.rs. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { toHex, utf8Bytes, type Launch, type ModelTools } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { ed25519PublicKey, type DerValue } from '@tsm/evidence';
import { expectSize, sbiError } from '../abi.ts';
import { parseRequest } from '../decode/csr.ts';
import { cdiId, extractCdi, layerOf, nextSalusCdi, SALUS_CONSTANT, type Layer } from '../dice.ts';
import { SalusCapabilities } from '../layout/capabilities.ts';
import type { Tsm, TsmForm } from '../model.ts';
import { collateralOf } from './pki.ts';
import { derive } from './platform.ts';
import type { CoveRegister } from '../registers.ts';
import { encodeSalusCertificate, nameOf, SURNAME } from './salus-certificate.ts';
import type { Tvm } from './tvm.ts';

/** The security version number in the source, which waits for a root of trust. */
const TCB_SVN = 0xdeadbeefn;
const MAX_REGISTERS = 32;
const KEY_SIZE = 32;

function capabilities(registers: readonly CoveRegister[]): Uint8Array {
  const descriptors = Array.from({ length: MAX_REGISTERS }, (_, i) => {
    const register = registers[i];
    return {
      tcbLayerIndex: 0,
      fwidIndex: register ? i : 0,
      tcgPcrIndex: register?.index ?? 0,
      runtime: register?.kind === 'runtime' ? 1 : 0,
    };
  });
  return encode(SalusCapabilities, {
    tcbSvn: TCB_SVN,
    hashAlgorithm: 1,
    evidenceFormats: 1,
    staticMeasurements: registers.filter(({ kind }) => kind === 'static').length,
    runtimeMeasurements: registers.filter(({ kind }) => kind === 'runtime').length,
    registers: descriptors,
    padding: new Uint8Array(4),
  });
}

/** The TSM's own layer: from the constant that everybody knows, or from the seed. */
function tsmLayer(
  kind: keyof typeof SALUS_CONSTANT,
  { seed }: Launch,
  { signer }: ModelTools,
  form: TsmForm,
): Layer {
  const cdi =
    form.cdi === 'constant' ? extractCdi(utf8Bytes(SALUS_CONSTANT[kind])) : derive(seed, `salus ${kind} CDI`);
  return layerOf(cdi, signer);
}

export function salusTsm(launch: Launch, tools: ModelTools, tvm: Tvm, form: TsmForm): Tsm {
  const layer = tsmLayer('attestation', launch, tools, form);
  // As salus has it: from the private key.
  const issuerId = cdiId(layer.privateKey);
  // Rolled once, when the TVM is finalized.
  const tcis = { attestation: tvm.tci('attestation'), sealing: tvm.tci('sealing') };

  const certify = (subject: DerValue, spki: Uint8Array, key: Uint8Array): Uint8Array => {
    const registers = tvm.registers.map(({ value }) => value);
    return encodeSalusCertificate({ issuerId, subject, spki, key, registers }, layer.sign);
  };

  return {
    getAttestationCapabilities: () => capabilities(form.registers),
    getEvidence(request) {
      const { request: parsed, issues } = parseRequest(request);
      if (!parsed)
        throw sbiError('SBI_ERR_INVALID_PARAM', issues[0]?.message ?? 'not a certification request');
      const { publicKey, signature, info, subject } = parsed;
      const signed =
        publicKey.kind === 'ed25519' &&
        signature.scheme === 'ed25519' &&
        signature.value.length === 64 &&
        ed25519.verify(signature.value, info, publicKey.point);
      if (!signed)
        throw sbiError('SBI_ERR_INVALID_PARAM', 'the request is not signed with its own Ed25519 key');
      return certify(subject, publicKey.spki, publicKey.point);
    },
    report({ inblob }) {
      expectSize('inblob', inblob, KEY_SIZE);
      const subject = nameOf(SURNAME, toHex(cdiId(inblob)));
      return { outblob: certify(subject, ed25519PublicKey(inblob), inblob) };
    },
    cdi(kind) {
      const { cdi } = kind === 'attestation' ? layer : tsmLayer('sealing', launch, tools, form);
      const rolled = kind === 'attestation' ? 'Attestation' : 'Sealing';
      return nextSalusCdi(cdi, tcis[kind], tvm.inputs.vmId, rolled);
    },
    collateral() {
      const endorsed = { key: layer, id: issuerId, file: 'tsm.cer', ca: true };
      return collateralOf(launch, tools, endorsed);
    },
  };
}
