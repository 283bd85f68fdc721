/** From a described launch to what the secure processor keeps of it: MEASUREMENT, and the owner's ID block. */
import { formatIssue, TsmError, type Digests, type Launch, type LaunchInputs } from '@tsm/core';
import { snpLaunch } from './calculator.ts';
import { checkIdBlock, type Ownership } from './id-block.ts';
import { LaunchDigest } from './launch-digest.ts';
import { PAGE, RESET_VECTOR, vmsaPage } from './vmsa.ts';

const FOUR_GIB = 2 ** 32;
/** Firmware and what it boots, in `launch.values`, under the names of the calculator's inputs. */
const IMAGES = ['kernel', 'initrd', 'append', 'svsm'] as const;

/** A plain image: its pages, filled up with zeros, so that they end at 4 GiB, and one processor. */
function measurePlainImage(image: Uint8Array, digests: Digests): Uint8Array {
  const pages = new Uint8Array(Math.ceil(image.length / PAGE) * PAGE);
  pages.set(image);
  const digest = new LaunchDigest(digests);
  digest.pages(pages, FOUR_GIB - pages.length, 'image');
  digest.vmsa(vmsaPage('QEMU', { eip: RESET_VECTOR, signature: 0x800f12, features: 1n }), 1, 'the processor');
  return digest.value;
}

/**
 * MEASUREMENT of a launch. `values.firmware` is measured as the calculator does it with QEMU and one processor, with
 * kernel, initrd, append and svsm from `values`; what it cannot measure is `EINVAL`. Else `image` is a plain image.
 */
export function measureLaunch({ image, values = {} }: Launch, digests: Digests): Uint8Array {
  const { firmware } = values;
  if (!firmware) return measurePlainImage(image ?? new Uint8Array(0), digests);
  const more = IMAGES.map((name) => [name, values[name]] as const);
  const inputs: LaunchInputs = { firmware, ...Object.fromEntries(more) };
  const { registers, issues } = snpLaunch.calculate(inputs, digests);
  const [issue] = issues;
  const [measurement] = registers;
  if (issue || !measurement)
    throw new TsmError('EINVAL', `launch: ${issue ? formatIssue(issue) : 'no measurement'}`, issue);
  return measurement.value;
}

const UNOWNED: Ownership = {
  familyId: new Uint8Array(16),
  imageId: new Uint8Array(16),
  guestSvn: 0,
  idKeyDigest: new Uint8Array(48),
  authorKeyDigest: new Uint8Array(48),
  authorKey: false,
};

/** What the ID block in `values` makes of the guest; without one all is zero. */
export function ownershipOf(
  values: NonNullable<Launch['values']>,
  guest: { readonly measurement: Uint8Array; readonly policy: Uint8Array },
  digests: Digests,
): Ownership {
  const { id_block: idBlock, id_auth: idAuth } = values;
  if (!idBlock && !idAuth) return UNOWNED;
  if (!idBlock || !idAuth) throw new TsmError('EINVAL', 'launch.values: id_block and id_auth go together');
  return checkIdBlock(idBlock, idAuth, guest, digests);
}
