/** `tsm abi …`: the kernel's interface. */
import { DEFAULT_PROFILE, PROFILE_NAMES } from '@tsm/abi';
import { abiProfiles, abiTest } from '../commands/abi.ts';
import type { Tree } from './tree.ts';

export function addAbiCommands(tree: Tree): void {
  const abi = tree.group('abi', 'the Linux TSM ABI: does a tree behave as the kernel does?');
  const test = tree.leaf(abi, 'test [path]', 'run the conformance kit on our own tree, a mount or a kernel', [
    'tsm abi test',
    'sudo tsm abi test /',
    'tsm abi test /mnt/tvm --allow-extend',
    'tsm abi test --profile 6.11',
    'tsm abi test --junit > abi.xml',
  ]);
  test
    .option('--in-process', 'on our own tree, on a virtual clock (the default)')
    .option('--allow-extend', 'also cases that extend registers, which cannot be undone')
    .option(
      '--profile <name>',
      `what this revision should do (default: as it looks): ${PROFILE_NAMES.join(', ')}`,
    )
    .option('--tap', 'print TAP 14')
    .option('--junit', 'print JUnit XML');
  tree.action(test, abiTest);
  const profiles = tree.leaf(
    abi,
    'profiles',
    `the revisions of the ABI; ${DEFAULT_PROFILE} is used by default`,
    ['tsm abi profiles'],
  );
  tree.action(profiles, abiProfiles);
}
