/** The hardware of one TD: TDX module, processor and quoting enclave. Spec: Intel TDX Module ABI, TDG.MR.*, TDH.MNG.INIT. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  concat,
  equalBytes,
  extendDigest,
  TsmError,
  type Launch,
  type Model,
  type ModelTools,
} from '@tsm/core';
import { decodeStrict, encode, sizeOf, type Infer } from '@tsm/core/layout';
import { derive } from './keys.ts';
import { ReportMac, TDX_REPORT_TYPE, TdInfo, TdReport, TeeTcbInfo } from './layout/td-report.ts';
import { measureFirmware } from './launch/firmware.ts';
import { readMetadata } from './launch/metadata.ts';
import { measureImage } from './launch/mrtd.ts';
import { mintCollateral } from './minted-collateral.ts';
import { createTestPki, type TestPki } from './pki.ts';
import { mrSeamOf, TD_PARAMS, TEE_TCB_INFO_VALID, type PlatformTcb, type TdxPlatform } from './platform.ts';
import { createQuotingEnclave, type Quote, type QuoteForm } from './quoting-enclave.ts';
import { REGISTER_SIZE, REGISTERS } from './registers.ts';
import { REPORT_DATA_SIZE } from './report.ts';

export interface TdxModel extends Required<Model> {
  /** TDG.MR.REPORT: the TDREPORT, 1024 bytes, over 64 bytes of report data (`EINVAL` for another size). */
  tdReport(reportData: Uint8Array): Uint8Array;
}

const zeros = (size: number): Uint8Array => new Uint8Array(size);

function expectSize(what: string, value: Uint8Array, size: number): void {
  if (value.length !== size) {
    throw new TsmError('EINVAL', `${what}: expected ${String(size)} bytes, got ${String(value.length)}`);
  }
}

/** What TDH.MNG.INIT takes from the host (TD_PARAMS), by the name in `launch.values`: defaults of the right size. */
const HOST_INPUTS = {
  ...TD_PARAMS,
  mrconfigid: zeros(REGISTER_SIZE),
  mrowner: zeros(REGISTER_SIZE),
  mrownerconfig: zeros(REGISTER_SIZE),
};

function hostInputs(values: Launch['values'] = {}): typeof HOST_INPUTS {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(HOST_INPUTS, name)) {
      throw new TsmError(
        'EINVAL',
        `launch.values.${name}: expected one of ${Object.keys(HOST_INPUTS).join(', ')}`,
      );
    }
    expectSize(`launch.values.${name}`, value, HOST_INPUTS[name as keyof typeof HOST_INPUTS].length);
  }
  return { ...HOST_INPUTS, ...values };
}

/** MRTD: of the sections of a TDVF image, as KVM adds them; of any other image page by page. */
function measureLaunch(image: Uint8Array, digests: ModelTools['digests']): Uint8Array {
  const { sections } = readMetadata(image);
  if (!sections) return measureImage(digests, image);
  const { mrtd, issues } = measureFirmware(sections, 'single-pass', digests);
  if (mrtd) return mrtd;
  throw new TsmError('EINVAL', `launch.image: ${issues[0]?.message ?? 'it cannot be measured'}`);
}

/** TDINFO of a TD that was just launched: static registers set, RTMRs zero. */
function launchTd({ image, values }: Launch, { digests }: ModelTools): Infer<typeof TdInfo> {
  const { attributes, xfam, mrconfigid, mrowner, mrownerconfig } = hostInputs(values);
  const mrtd = measureLaunch(image ?? zeros(0), digests);
  const head = concat(attributes, xfam, mrtd, mrconfigid, mrowner, mrownerconfig);
  return decodeStrict(TdInfo, concat(head, zeros(sizeOf(TdInfo) - head.length)));
}

interface Processor {
  readonly macKey: Uint8Array;
  /** Of TDINFO. */
  readonly version: number;
  readonly tcb: PlatformTcb;
  readonly digests: ModelTools['digests'];
}

/** Fills in what the processor adds to TDINFO: module, hashes, MAC. */
function reportOf(
  tdInfo: Infer<typeof TdInfo>,
  reportData: Uint8Array,
  { macKey, version, tcb, digests }: Processor,
): Infer<typeof TdReport> {
  const teeTcbInfo = {
    valid: TEE_TCB_INFO_VALID,
    teeTcbSvn: tcb.teeTcbSvn,
    mrSeam: mrSeamOf(digests),
    mrSignerSeam: zeros(48),
    seamAttributes: zeros(8),
    teeTcbSvn2: tcb.teeTcbSvn2,
    reserved: zeros(95),
  };
  const unsigned = {
    reportType: { type: TDX_REPORT_TYPE, subtype: 0, version, reserved: zeros(1) },
    reserved1: zeros(12),
    cpuSvn: tcb.cpuSvn,
    teeTcbInfoHash: digests.digest('sha384', encode(TeeTcbInfo, teeTcbInfo)),
    teeInfoHash: digests.digest('sha384', encode(TdInfo, tdInfo)),
    reportData: reportData.slice(),
    reserved2: zeros(32),
    mac: zeros(32),
  };
  const mac = hmac(sha256, macKey, encode(ReportMac, unsigned).slice(0, -unsigned.mac.length));
  return { mac: { ...unsigned, mac }, teeTcbInfo, reserved: zeros(17), tdInfo };
}

function fieldOf(name: string): (typeof REGISTERS)[number] {
  const register = REGISTERS.find((one) => one.name === name);
  if (!register) throw new TsmError('EINVAL', `register: TDX has no ${name}`);
  return register;
}

/** Launches a TD. Its keys and certificates are made at the first report. */
export function startTd(launch: Launch, tools: ModelTools, form: QuoteForm, platform: TdxPlatform): TdxModel {
  const { digests } = tools;
  const td = launchTd(launch, tools);
  const processor = {
    macKey: derive(launch.seed, 'report MAC key', 32),
    version: form.tdVersion === '1.0' ? 0 : 1,
    tcb: platform.tcb,
    digests,
  };
  let quote: Quote | undefined;
  let made: TestPki | undefined;
  const pki = (): TestPki => (made ??= createTestPki(launch, tools, platform.tcb));

  // A driver takes a TDREPORT and has it quoted: the same one, as long as no register changes.
  let last: Infer<typeof TdReport> | undefined;
  const report = (reportData: Uint8Array): Infer<typeof TdReport> => {
    expectSize('report data', reportData, REPORT_DATA_SIZE);
    if (!last || !equalBytes(last.mac.reportData, reportData)) last = reportOf(td, reportData, processor);
    return last;
  };

  return {
    read: (name) => td[fieldOf(name).field].slice(),
    extend(name, value) {
      const { field, extensible } = fieldOf(name);
      if (!extensible) throw new TsmError('EINVAL', `register: ${name} cannot be extended`);
      expectSize(name, value, REGISTER_SIZE);
      last = undefined;
      td[field] = extendDigest(digests, 'sha384', td[field], value);
    },
    report({ inblob }) {
      const tdReport = report(inblob);
      quote ??= createQuotingEnclave(launch, tools, { form, platform, pki: pki() });
      return { outblob: quote(tdReport) };
    },
    tdReport: (reportData) => encode(TdReport, report(reportData)),
    collateral: () => mintCollateral(pki(), launch, tools, platform),
  };
}
