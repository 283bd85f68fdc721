// @ts-check
/** Compiles the chain kernels and writes them as the TypeScript module that `@tsm/core` embeds. */
import { format } from 'prettier';
import { CAPACITY } from './frame.mjs';
import { sha1Source } from './sha1.mjs';
import { sha2Source } from './sha2.mjs';
import { sm3Source } from './sm3.mjs';

/**
 * What is used of the AssemblyScript compiler. Its own types say of every array in the program that `at` is never
 * undefined, so it is imported under a name that the type checker does not follow.
 * @typedef {object} Compiler
 * @property {(args: string[], options: CompilerOptions) => Promise<{ error: Error | null }>} main
 * @property {() => { toString(): string }} createMemoryStream
 *
 * @typedef {object} CompilerOptions
 * @property {(name: string) => string | null} readFile
 * @property {(name: string, contents: Uint8Array | string) => void} writeFile
 * @property {() => string[]} listFiles
 * @property {object} stderr
 */
const COMPILER = 'assemblyscript/asc';
/** @type {{ default: Compiler }} */
const { default: asc } = await import(COMPILER);

/** Every kernel: the constant that holds it, the digest size, and its AssemblyScript. */
const KERNELS = [
  { name: 'SHA1_KERNEL', size: 20, source: sha1Source() },
  { name: 'SHA256_KERNEL', size: 32, source: sha2Source({ word: 'u32', digestWords: 8 }) },
  { name: 'SHA384_KERNEL', size: 48, source: sha2Source({ word: 'u64', digestWords: 6, firstPrime: 8 }) },
  { name: 'SHA512_KERNEL', size: 64, source: sha2Source({ word: 'u64', digestWords: 8 }) },
  { name: 'SM3_KERNEL', size: 32, source: sm3Source() },
];

const OPTIONS = [
  ...['--outFile', 'kernel.wasm', '-O3', '--runtime', 'stub', '--noAssert'],
  ...['--initialMemory', '1', '--maximumMemory', '1'],
];

/** @param {string} source @returns {Promise<Uint8Array>} */
async function compile(source) {
  /** @type {Uint8Array | undefined} */
  let wasm;
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(['kernel.ts', ...OPTIONS], {
    readFile: (name) => (name === 'kernel.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm' && typeof contents !== 'string') wasm = contents;
    },
    listFiles: () => [],
    stderr,
  });
  if (error ?? !wasm) throw new Error(stderr.toString(), { cause: error });
  return wasm;
}

/** The text of the module with all kernels. */
export async function kernelsModule() {
  const constants = [];
  for (const { name, size, source } of KERNELS) {
    const wasm = await compile(source);
    constants.push(`/** ${wasm.length} bytes. */
export const ${name}: Kernel = { size: ${size}, capacity: ${CAPACITY}, wasm: '${Buffer.from(wasm).toString('base64')}' };`);
  }
  const text = `/** Chain kernels as WebAssembly in base64. Written by tools/gen-chain-kernels.mjs from tools/chain; do not edit. */
import type { Kernel } from './wasm-chain.ts';

${constants.join('\n\n')}
`;
  return format(text, { parser: 'typescript', printWidth: 110, singleQuote: true });
}
