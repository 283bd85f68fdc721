/** MEASUREMENT from what a VMM puts into the guest, in its order. Source: QEMU, EC2 and GCE, as their guests measure. */
import type { Digests, Issue, LaunchStep } from '@tsm/core';
import { SNP_ISSUES } from '../issues.ts';
import { FIRMWARE_GUID, SECTION } from '../layout/firmware.ts';
import { readFirmware, type Firmware, type Section } from './firmware.ts';
import { kernelHashPage, type DirectBoot } from './kernel-hashes.ts';
import { LaunchDigest } from './launch-digest.ts';
import { PAGE, RESET_VECTOR, svsmVmsaPage, vmsaPage, type Vmm } from './vmsa.ts';

const FOUR_GIB = 2 ** 32;

export interface GuestDescription {
  readonly firmware: Uint8Array;
  /** Launch digest of the firmware's pages, in place of measuring them. */
  readonly firmwareHash?: Uint8Array | undefined;
  readonly boot?: DirectBoot | undefined;
  readonly vmm: Vmm;
  readonly vcpus: number;
  /** EAX of CPUID Fn0000_0001. */
  readonly signature: number;
  readonly features: bigint;
  /** An SVSM below the firmware. `varsSize`: size of the variable store between the two. */
  readonly svsm?: { readonly image: Uint8Array; readonly varsSize: number } | undefined;
}

export interface Measured {
  readonly measurement?: Uint8Array;
  readonly steps: readonly LaunchStep[];
  readonly issues: readonly Issue[];
}

const whole = (path: string, { bytes }: Firmware) => ({ path, offset: 0, length: bytes.length });

/** The page of kernel hashes where the firmware wants it; an issue where that cannot be. */
function hashPage(
  boot: DirectBoot,
  firmware: Firmware,
  digests: Digests,
): { page?: Uint8Array; issue?: Issue } {
  const refuse = (reason: string) => ({
    issue: SNP_ISSUES.make('snp.kernel-hashes', whole('firmware', firmware), { reason }),
  });
  const gpa = firmware.entries.get(FIRMWARE_GUID.hashTable);
  const section = firmware.sections.find(({ type }) => type === SECTION.SNP_KERNEL_HASHES);
  if (gpa === undefined || !section) return refuse('the firmware has no section for kernel hashes');
  const inside = gpa >= section.gpa && gpa < section.gpa + PAGE && section.size === PAGE;
  const page = inside ? kernelHashPage(boot, gpa - section.gpa, digests) : undefined;
  return page
    ? { page }
    : refuse(`the table at 0x${gpa.toString(16)} is not inside the page of that section`);
}

/** Adds the pages of one section. */
function addSection(
  digest: LaunchDigest,
  { type, gpa, size }: Section,
  vmm: Vmm,
  hashes?: Uint8Array,
): boolean {
  switch (type) {
    case SECTION.SNP_SEC_MEM:
      digest.emptyPages(vmm === 'gce' ? 'UNMEASURED' : 'ZERO', gpa, size, 'memory of the firmware');
      return true;
    case SECTION.SNP_SECRETS:
      digest.emptyPages('SECRETS', gpa, PAGE, 'secrets');
      return true;
    case SECTION.CPUID:
      digest.emptyPages('CPUID', gpa, PAGE, 'CPUID table');
      return true;
    case SECTION.SVSM_CAA:
      digest.emptyPages('ZERO', gpa, size, 'calling area of the SVSM');
      return true;
    case SECTION.SNP_KERNEL_HASHES:
      if (hashes) digest.pages(hashes, gpa, 'kernel hashes');
      else digest.emptyPages('ZERO', gpa, size, 'kernel hashes, none given');
      return true;
    default:
      return false;
  }
}

function addSections(digest: LaunchDigest, firmware: Firmware, vmm: Vmm, hashes?: Uint8Array): Issue[] {
  // EC2 adds the CPUID page after all others.
  const late = (section: Section): boolean => vmm === 'ec2' && section.type === SECTION.CPUID;
  const ordered = [
    ...firmware.sections.filter((one) => !late(one)),
    ...firmware.sections.filter((one) => late(one)),
  ];
  const unknown = ordered.filter((section) => !addSection(digest, section, vmm, hashes));
  return unknown.map(({ type }) => {
    const reason = `section type ${String(type)} is not known`;
    return SNP_ISSUES.make('snp.firmware-metadata', whole('firmware', firmware), { reason });
  });
}

function noEntry(path: string, firmware: Firmware, entry: string, why: string): Issue {
  return SNP_ISSUES.make('snp.firmware-entry', whole(path, firmware), { entry, why });
}

function measureSvsm(
  guest: GuestDescription,
  svsmGuest: NonNullable<GuestDescription['svsm']>,
  firmware: Firmware,
  digest: LaunchDigest,
): Issue[] {
  const svsm = readFirmware(svsmGuest.image, firmware.gpa - svsmGuest.varsSize, 'svsm');
  const entry = svsm.entries.get(FIRMWARE_GUID.svsmInfo);
  if (svsm.issues.length > 0) return [...svsm.issues];
  if (entry === undefined) return [noEntry('svsm', svsm, 'SVSM entry', 'where to start it is not known')];
  digest.pages(svsm.bytes, svsm.gpa, 'SVSM');
  const issues = addSections(digest, svsm, guest.vmm);
  const page = svsmVmsaPage({ ...guest, eip: svsm.gpa + entry });
  digest.vmsa(page, guest.vcpus, 'every processor');
  return issues;
}

function measurePlain(
  guest: GuestDescription,
  firmware: Firmware,
  digest: LaunchDigest,
  digests: Digests,
): Issue[] {
  const hashes = guest.boot ? hashPage(guest.boot, firmware, digests) : {};
  if (hashes.issue) return [hashes.issue];
  const issues = addSections(digest, firmware, guest.vmm, hashes.page);
  digest.vmsa(vmsaPage(guest.vmm, { ...guest, eip: RESET_VECTOR }), 1, 'the first processor');
  if (guest.vcpus === 1) return issues;
  const eip = firmware.entries.get(FIRMWARE_GUID.resetBlock);
  if (eip === undefined) {
    return [
      ...issues,
      noEntry('firmware', firmware, 'SEV-ES reset block', 'further processors cannot start'),
    ];
  }
  digest.vmsa(vmsaPage(guest.vmm, { ...guest, eip }), guest.vcpus - 1, 'the other processors');
  return issues;
}

/** MEASUREMENT of a guest that is launched like this; undefined, with issues, where the images do not tell. */
export function measureGuest(guest: GuestDescription, digests: Digests): Measured {
  const firmware = readFirmware(guest.firmware, FOUR_GIB, 'firmware');
  // Below an SVSM the firmware's own metadata are the SVSM's business.
  const relevant = guest.svsm
    ? firmware.issues.filter(({ code }) => code === 'snp.firmware-size')
    : firmware.issues;
  if (relevant.length > 0) return { steps: [], issues: relevant };
  const digest = new LaunchDigest(digests, guest.firmwareHash);
  if (!guest.firmwareHash) digest.pages(firmware.bytes, firmware.gpa, 'firmware');
  const issues = guest.svsm
    ? measureSvsm(guest, guest.svsm, firmware, digest)
    : measurePlain(guest, firmware, digest, digests);
  const { steps, value } = digest;
  return issues.length > 0 ? { steps, issues } : { measurement: value, steps, issues };
}
