/** RTMR1 of OVMF: the kernel of a direct boot; partition table and images of a disk. Spec: edk2 OvmfPkg/Tcg/TdTcg2Dxe, SecurityPkg DxeTpm2MeasureBootLib. */
import { authenticodeDigest } from './authenticode.ts';
import type { Boot } from './boot.ts';
import { EVENT, imageEvent, kernelPath } from './event-data.ts';
import { gptEvent } from './gpt.ts';
import { patchKernel } from './kernel.ts';

const RTMR1 = ['rtmr1'] as const;

/** An image that firmware loads: its Authenticode digest. */
function measureImageFile({ log }: Boot, path: string, bytes: Uint8Array, devicePath: Uint8Array): void {
  const { digest, issues } = authenticodeDigest(bytes, log.digests, 'sha384', path);
  log.issues.push(...issues);
  if (!digest) {
    log.leaveOut(RTMR1, {
      input: path,
      reason: 'an image has no digest',
      remedy: 'give one that firmware loads',
    });
    return;
  }
  const data = imageEvent(bytes.length, devicePath);
  log.measure({
    register: 'rtmr1',
    type: EVENT.BOOT_SERVICES_APPLICATION,
    words: `${path} (Authenticode)`,
    data,
    measured: { digest },
  });
}

/** The kernel as OVMF gets it: the file, or with the setup header that QEMU fills in. */
function kernelOf(boot: Boot): Uint8Array | undefined {
  const { inputs, firmware, host, log } = boot;
  const kernel = inputs.file('kernel');
  if (!kernel) {
    log.leaveOut(RTMR1, { input: 'kernel', reason: 'there is no kernel', remedy: 'give kernel' });
    return undefined;
  }
  const asIs = host.keepsSetupHeader || (host.offersBootKernel && firmware.readsBootKernel);
  if ((inputs.choice('kernel-form') ?? (asIs ? 'as-is' : 'patched')) === 'as-is') return kernel;
  const patched = patchKernel(kernel, {
    commandLine: inputs.text('cmdline') ?? '',
    initrd: inputs.file('initrd'),
    memory: inputs.number('memory', 40, 1n),
  });
  log.issues.push(...patched.issues);
  if (!patched.kernel) {
    const remedy = 'give a bzImage and memory, or kernel-form=as-is';
    log.leaveOut(RTMR1, { input: 'kernel', reason: 'the patched kernel is not known', remedy });
  }
  return patched.kernel;
}

/** The kernel of a direct boot. */
export function measureKernel(boot: Boot): void {
  const kernel = kernelOf(boot);
  if (kernel) measureImageFile(boot, 'kernel', kernel, kernelPath());
}

/** The partition table of the disk that the first image comes from. */
export function measurePartitions({ inputs, log }: Boot): void {
  const disk = inputs.file('disk');
  const { event, issues } = disk ? gptEvent(disk) : { issues: [] };
  log.issues.push(...issues);
  if (event) {
    log.measure({ register: 'rtmr1', type: EVENT.GPT, words: 'partition table', data: event });
    return;
  }
  const reason = 'the partition table is not known';
  log.leaveOut(RTMR1, { input: 'disk', reason, remedy: 'give disk, at least its start' });
}

/** Images of a disk boot, in the order in which they are loaded; `part`: the first one, or those after it. */
export function measureBootImages(boot: Boot, part: 'first' | 'others'): void {
  const images = boot.inputs.files('boot-image');
  if (images.length === 0 && part === 'first') {
    const remedy = 'give boot-image for each, in the order of loading';
    boot.log.leaveOut(RTMR1, { input: 'boot-image', reason: 'the images on the disk are not known', remedy });
  }
  for (const [i, bytes] of images.entries()) {
    if ((i === 0) === (part === 'first'))
      measureImageFile(boot, `boot-image[${String(i)}]`, bytes, new Uint8Array(0));
  }
}
