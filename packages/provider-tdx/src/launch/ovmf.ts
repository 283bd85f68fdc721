/** RTMR0 to RTMR2 of OVMF on QEMU, in the order of the log. Spec: edk2 OvmfPkg/Tcg/TdTcg2Dxe/TdTcg2Dxe.c. */
import { action, separator, type Boot } from './boot.ts';
import { measureLinuxStub, measureMokLists } from './linux-stub.ts';
import { measureBootImages, measureKernel, measurePartitions } from './ovmf-images.ts';
import { measureAuthorities, measureBootOptions } from './ovmf-options.ts';
import { predictPlatform } from './ovmf-platform.ts';

/** A kernel of QEMU is loaded, and verified, before the boot options are measured. */
function direct(boot: Boot): void {
  measureAuthorities(boot);
  measureKernel(boot);
  measureBootOptions(boot);
  attempt(boot);
}

function disk(boot: Boot): void {
  measureBootOptions(boot);
  attempt(boot);
  measureAuthorities(boot);
  measurePartitions(boot);
  measureBootImages(boot, 'first');
  measureMokLists(boot);
  measureBootImages(boot, 'others');
}

/** The first boot attempt. Its separator went to RTMR0 by mistake before edk2-stable202411. */
function attempt(boot: Boot): void {
  action(boot, 'Calling EFI Application from Boot Option');
  separator(boot, boot.firmware.separatorInRtmr1 ? 'rtmr1' : 'rtmr0');
}

/** Predicts the boot of one kernel, at the first attempt, up to ExitBootServices. */
export function predictOvmf(boot: Boot): void {
  predictPlatform(boot);
  if (boot.kind === 'direct') direct(boot);
  else disk(boot);
  measureLinuxStub(boot);
  action(boot, 'Exit Boot Services Invocation');
  action(boot, 'Exit Boot Services Returned with Success');
}
