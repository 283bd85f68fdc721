/** `tsm serve`: machines for other programs. */
import { serve } from '../commands/serve.ts';
import type { Tree } from './tree.ts';

export function addServeCommand(tree: Tree): void {
  const serving = tree.leaf(tree.program, 'serve', 'machines for editors (a socket) and containers (HTTP)', [
    'tsm serve',
    'tsm serve --http 8006 --machine dev',
  ]);
  serving
    .option('--state <dir>', 'state directory (default: $XDG_STATE_HOME/tsm)')
    .option('--socket <path>', 'where to listen (default: serve.sock in the state directory)')
    .option('--http <port>', "the attestation agent's REST endpoints on 127.0.0.1; 0: any free port")
    .option('--machine <name>', 'what --http serves (default: the only machine there is)');
  tree.action(serving, serve);
}
