/** `tsm spdm …`: what a requester and a device said to each other. */
import { spdmDecode } from '../commands/spdm.ts';
import type { Tree } from './tree.ts';

export function addSpdmCommands(tree: Tree): void {
  const spdm = tree.group('spdm', 'SPDM over PCI DOE: captures, decrypted and held to the rules');
  const decode = tree.leaf(spdm, 'decode <capture>', 'the messages of a pcap or pcapng file', [
    'tsm spdm decode device.pcap',
    'tsm spdm decode device.pcap --secrets secrets.json',
    'tsm spdm decode device.pcap --secrets secrets.json --message 12',
    'tsm spdm decode device.pcap --secrets secrets.json --json',
  ]);
  decode.option('--secrets <file>', 'secrets of the sessions (JSON): decrypts, and checks every key');
  decode.option('--message <number>', 'every field of one message with its bytes, by its number');
  tree.action(decode, spdmDecode);
}
