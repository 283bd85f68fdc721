/** The TSM as the specification has it: platform, TSM and TVM tokens in a certificate. Spec: CoVE specification, Remote Attestation. */
import type { Launch, ModelTools } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { coseKey, encodeCoseKey } from '@tsm/evidence';
import { CERTIFICATE_FORMAT, CHALLENGE_SIZE, expectSize, sbiError } from '../abi.ts';
import { cdiId, keyPairOf, layerOf, nextCdi } from '../dice.ts';
import { AttestationCapabilities, UNMAPPED_TCG_PCR } from '../layout/capabilities.ts';
import type { Tsm, TsmForm } from '../model.ts';
import { collateralOf } from './pki.ts';
import { derive, layersOf, softwareOf, TCB_SVN } from './platform.ts';
import type { CoveRegister } from '../registers.ts';
import { cborCertificate, platformToken, tsmToken, tvmToken, x509Certificate } from './tokens.ts';
import type { Tvm } from './tvm.ts';

const MAX_REGISTERS = 26;

/** Value of a hash in the ABI, by name. */
const HASH_VALUE = { sha384: 0, sha512: 1 } as const;

/** Unused descriptors are zero. */
function capabilities(registers: readonly CoveRegister[]): Uint8Array {
  const hash = HASH_VALUE[registers[0]?.algorithm ?? 'sha384'];
  const descriptors = Array.from({ length: MAX_REGISTERS }, (_, i) => {
    const register = registers[i];
    return {
      hashAlgorithm: register ? hash : 0,
      measurementType: register?.kind === 'runtime' ? 1 : 0,
      tcgPcrIndex: register ? (register.numbers.pcrs?.[0] ?? UNMAPPED_TCG_PCR) : 0,
      reserved: new Uint8Array(3),
    };
  });
  return encode(AttestationCapabilities, {
    tcbSvn: TCB_SVN,
    hashAlgorithm: hash,
    certificateFormats: CERTIFICATE_FORMAT.cbor | CERTIFICATE_FORMAT.x509,
    initialMeasurements: registers.filter(({ kind }) => kind === 'static').length,
    runtimeMeasurements: registers.filter(({ kind }) => kind === 'runtime').length,
    reserved: new Uint8Array(2),
    registers: descriptors,
    padding: new Uint8Array(4),
  });
}

/** What does not change while the TVM runs: layers, and the two tokens that come before its own. */
function platformOf(launch: Launch, tools: ModelTools, tvm: Tvm, form: TsmForm) {
  const hash = form.registers[0]?.algorithm ?? 'sha384';
  const layers = layersOf(launch, tools, hash);
  const software = softwareOf(tools.digests, hash);
  return {
    layers,
    tokens: {
      platform: platformToken(layers, software, { state: tvm.inputs.platformState, hash }),
      tsm: tsmToken(layers, software, hash),
    },
    tvm: layerOf(nextCdi(layers.tsm.cdi, tvm.tci('attestation')), tools.signer),
  };
}

export function specTsm(launch: Launch, tools: ModelTools, tvm: Tvm, form: TsmForm): Tsm {
  let made: ReturnType<typeof platformOf> | undefined;
  const platform = (): ReturnType<typeof platformOf> => (made ??= platformOf(launch, tools, tvm, form));

  const getEvidence: Tsm['getEvidence'] = (request, challenge, format = form.certificate) => {
    expectSize('challenge', challenge, CHALLENGE_SIZE);
    if (!coseKey(request)) throw sbiError('SBI_ERR_INVALID_PARAM', 'public key: expected a COSE_Key');
    if (!Object.hasOwn(CERTIFICATE_FORMAT, format))
      throw sbiError('SBI_ERR_INVALID_PARAM', `certificate format: expected cbor or x509, got ${format}`);
    const { layers, tokens, tvm: layer } = platform();
    const certified = {
      tokens: { ...tokens, tvm: tvmToken(tvm, layers.tsm, request, challenge) },
      tsm: layers.tsm,
      tvmId: cdiId(layer.publicKey),
    };
    return format === 'cbor' ? cborCertificate(certified) : x509Certificate(certified, request);
  };

  return {
    getAttestationCapabilities: () => capabilities(form.registers),
    getEvidence,
    report({ inblob }) {
      const guest = keyPairOf(derive(launch.seed, 'guest key'), tools.signer);
      return { outblob: getEvidence(encodeCoseKey('ed25519', guest.publicKey), inblob) };
    },
    cdi(kind) {
      const { cdi } = platform().layers.tsm;
      return kind === 'attestation' ? platform().tvm.cdi : nextCdi(cdi, tvm.tci('sealing'));
    },
    collateral() {
      const { rot } = platform().layers;
      const id = cdiId(rot.publicKey);
      return collateralOf(launch, tools, { key: rot, id, file: 'rot.cer', ca: false });
    },
  };
}
