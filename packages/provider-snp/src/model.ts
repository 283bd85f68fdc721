/** The hardware of one guest: processor and secure processor. Spec: AMD SEV-SNP Firmware ABI (56860), §7.3, §8.17, §8.18. */
import { TsmError, utf8Bytes, type Launch, type Model, type ModelTools, type ReportRequest } from '@tsm/core';
import { decodeStrict, encode } from '@tsm/core/layout';
import { encodePem } from '@tsm/evidence';
import { encodeCertificateTable } from './certificate-table.ts';
import { derive } from './keys.ts';
import { GuestPolicy, POLICY_FLAGS } from './layout/policy.ts';
import {
  reportLayout,
  SIGNED_SIZE,
  SIGNING_KEY,
  type AttestationReport,
  type ReportVersion,
} from './layout/report.ts';
import { ECDSA_P384_SHA384 } from './layout/ecdsa.ts';
import { measureLaunch, ownershipOf } from './launch/boot.ts';
import { signatureOf } from './little-endian.ts';
import { chipIdOf, createTestPki } from './pki/test-pki.ts';
import { FIRMWARE, MITIGATIONS, PLATFORM_INFO_BITS, PLATFORMS, type SimulatedProduct } from './platform.ts';
import { productNamed } from './products.ts';
import { REGISTERS } from './registers.ts';
import { REPORT_DATA_SIZE } from './report.ts';
import { attestServices, SVSM_VMPL } from './svsm.ts';
import type { WireTcb } from './layout/tcb.ts';
import type { VekKind } from './vek-extension.ts';

/** What is simulated. */
export interface GuestForm {
  readonly product: SimulatedProduct;
  readonly reportVersion: ReportVersion;
  readonly signingKey: VekKind;
  /** The guest's own level: above 0 it runs on an SVSM. */
  readonly vmpl: number;
  /** Whether the host hands out certificates (`auxblob`). */
  readonly hostCertificates: boolean;
  /** MASK_CHIP_ID: CHIP_ID is zero in reports. */
  readonly maskChipId: boolean;
  /** Whether a paravisor below the guest keeps a vTPM for it, as on Azure. */
  readonly vtpm: boolean;
}

/** A guest; its collateral has the files as AMD's key server gives them. */
export type SnpModel = Required<Model>;

const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** POLICY: SMT allowed, and the bit that is always one. */
const DEFAULT_POLICY = Uint8Array.of(0, 0, 3, 0, 0, 0, 0, 0);

/** What the host gives at launch, by the name in `launch.values`, and its size; undefined: any. */
const VALUE_SIZES: Readonly<Record<string, number | undefined>> = {
  policy: 8,
  host_data: 32,
  id_block: 96,
  id_auth: 4096,
  measurement: 48,
  firmware: undefined,
  kernel: undefined,
  initrd: undefined,
  append: undefined,
  svsm: undefined,
};

function checkValues(values: Readonly<Record<string, Uint8Array>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(VALUE_SIZES, name)) {
      throw new TsmError(
        'EINVAL',
        `launch.values.${name}: expected one of ${Object.keys(VALUE_SIZES).join(', ')}`,
      );
    }
    const size = VALUE_SIZES[name];
    if (size !== undefined && value.length !== size) {
      throw new TsmError(
        'EINVAL',
        `launch.values.${name}: expected ${String(size)} bytes, got ${String(value.length)}`,
      );
    }
  }
}

function wireTcb({ product, tcb }: (typeof PLATFORMS)[SimulatedProduct]): WireTcb {
  return productNamed(product).tcb === 'turin'
    ? { ...tcb, fmc: tcb.fmc ?? 0, reserved: zeros(3) }
    : { ...tcb, reserved: zeros(4) };
}

/** The report of a guest that was just launched, but for what differs from one request to the next. */
function launchGuest(launch: Launch, { digests }: ModelTools, form: GuestForm): AttestationReport {
  const values = launch.values ?? {};
  checkValues(values);
  const policy = values['policy'] ?? DEFAULT_POLICY;
  const { flags } = decodeStrict(GuestPolicy, policy);
  if ((flags & (1 << POLICY_FLAGS.MUST_BE_ONE)) === 0) {
    throw new TsmError('EINVAL', 'SNP_LAUNCH_START: INVALID_PARAM: bit 17 of POLICY must be one');
  }
  const measurement = values['measurement'] ?? measureLaunch(launch, digests);
  const owner = ownershipOf(values, { measurement, policy }, digests);
  const platform = PLATFORMS[form.product];
  const tcb = wireTcb(platform);
  const { reportVersion } = form;
  const cpuid = (value: number) => (reportVersion >= 3 ? value : zeros(1));
  const mitigations = reportVersion >= 5 ? MITIGATIONS : zeros(8);
  const smt = (flags & (1 << POLICY_FLAGS.SMT)) === 0 ? 0n : 1n;
  const signingKey = form.signingKey === 'vlek' ? SIGNING_KEY.VLEK : SIGNING_KEY.VCEK;
  return {
    version: reportVersion,
    guestSvn: owner.guestSvn,
    policy: decodeStrict(GuestPolicy, policy),
    familyId: owner.familyId,
    imageId: owner.imageId,
    vmpl: form.vmpl,
    signatureAlgo: ECDSA_P384_SHA384,
    currentTcb: tcb,
    platformInfo: PLATFORM_INFO_BITS | smt,
    keyInfo: (owner.authorKey ? 1 : 0) | (signingKey << 2),
    reserved1: zeros(4),
    reportData: zeros(64),
    measurement,
    hostData: values['host_data'] ?? zeros(32),
    idKeyDigest: owner.idKeyDigest,
    authorKeyDigest: owner.authorKeyDigest,
    reportId: derive(launch.seed, 'REPORT_ID', 32),
    reportIdMa: new Uint8Array(32).fill(0xff),
    reportedTcb: tcb,
    cpuidFamily: cpuid(platform.cpuid.family),
    cpuidModel: cpuid(platform.cpuid.model),
    cpuidStepping: cpuid(platform.cpuid.stepping),
    reserved2: zeros(21),
    chipId: form.maskChipId ? zeros(64) : chipIdOf(launch.seed, platform),
    committedTcb: tcb,
    ...{ currentBuild: FIRMWARE.build, currentMinor: FIRMWARE.minor, currentMajor: FIRMWARE.major },
    reserved3: zeros(1),
    ...{ committedBuild: FIRMWARE.build, committedMinor: FIRMWARE.minor, committedMajor: FIRMWARE.major },
    reserved4: zeros(1),
    launchTcb: tcb,
    launchMitVector: mitigations,
    currentMitVector: mitigations,
    reserved5: zeros(152),
    signature: signatureOf(zeros(96)),
  };
}

/** Level that a report is asked for: the guest's own one or above. */
function levelOf(privlevel: number | undefined, vmpl: number): number {
  const level = privlevel ?? vmpl;
  if (!Number.isInteger(level) || level < vmpl || level > 3) {
    throw new TsmError('EINVAL', `privlevel: expected ${String(vmpl)} to 3, got ${String(level)}`);
  }
  return level;
}

/** Launches a guest. Certificates are made at the first report. */
export function startGuest(launch: Launch, tools: ModelTools, form: GuestForm): SnpModel {
  const guest = launchGuest(launch, tools, form);
  const layout = reportLayout(form.reportVersion, productNamed(form.product).tcb);
  const pki = createTestPki(launch, tools, { platform: PLATFORMS[form.product], kind: form.signingKey });
  let made: { readonly vek: Uint8Array; readonly ask: Uint8Array; readonly ark: Uint8Array } | undefined;
  const certificates = () => (made ??= { vek: pki.vek(), ask: pki.ask(), ark: pki.ark() });

  const produce = (vmpl: number, reportData: Uint8Array): Uint8Array => {
    const unsigned = encode(layout, { ...guest, vmpl, reportData });
    const signature = signatureOf(pki.sign(unsigned.subarray(0, SIGNED_SIZE)));
    return encode(layout, { ...guest, vmpl, reportData, signature });
  };
  const auxblob = (): Uint8Array => {
    if (!form.hostCertificates) return zeros(0);
    const { vek, ask, ark } = certificates();
    const role = form.signingKey === 'vlek' ? 'VLEK' : 'VCEK';
    return encodeCertificateTable([
      [role, vek],
      ['ASK', ask],
      ['ARK', ark],
    ]);
  };

  const report = (request: ReportRequest) => {
    const { inblob, privlevel, serviceProvider } = request;
    if (inblob.length !== REPORT_DATA_SIZE) {
      throw new TsmError(
        'EINVAL',
        `inblob: expected ${String(REPORT_DATA_SIZE)} bytes, got ${String(inblob.length)}`,
      );
    }
    if (serviceProvider === undefined) {
      return { outblob: produce(levelOf(privlevel, form.vmpl), inblob), auxblob: auxblob() };
    }
    if (serviceProvider !== 'svsm') {
      throw new TsmError('EINVAL', `service_provider: expected svsm, got ${serviceProvider}`);
    }
    if (form.vmpl === 0) throw new TsmError('EINVAL', 'service_provider: there is no SVSM below VMPL 0');
    const { reportData, manifest } = attestServices(request, launch, tools);
    return { outblob: produce(SVSM_VMPL, reportData), auxblob: auxblob(), manifestblob: manifest };
  };

  const registerOf = (name: string) => {
    const register = REGISTERS.find((one) => one.name === name);
    if (!register) throw new TsmError('EINVAL', `register: no ${name} in an SEV-SNP guest`);
    return register;
  };
  return {
    read: (name) => guest[registerOf(name).field].slice(),
    extend(name) {
      throw new TsmError('EINVAL', `register: ${registerOf(name).name} cannot be extended`);
    },
    report,
    collateral() {
      const { vek, ask, ark } = certificates();
      const chain = utf8Bytes([ask, ark].map((der) => encodePem('CERTIFICATE', der)).join(''));
      const files = { [`${form.signingKey}.der`]: vek, 'cert_chain.pem': chain, 'crl.der': pki.crl() };
      return { files, trustAnchors: [ark] };
    },
  };
}
