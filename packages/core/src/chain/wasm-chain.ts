/** Extend chains on WebAssembly kernels: digests gather in a small buffer, and one call runs through all of them. */
import { fromBase64 } from '../bytes.ts';
import type { AlgorithmName, Chain } from '../digest.ts';
import { SHA1_KERNEL, SHA256_KERNEL, SHA384_KERNEL, SHA512_KERNEL, SM3_KERNEL } from './kernels.ts';

/** The compiled chain of one algorithm. */
export interface Kernel {
  /** Digest size in bytes. */
  readonly size: number;
  /** Digests that one call can run through. */
  readonly capacity: number;
  /** The module, in base64. */
  readonly wasm: string;
}

type StartChain = (start: Uint8Array) => Chain;

/** What a kernel's module exports; `buffer` has room for the state and `capacity` digests after it. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly buffer: WebAssembly.Global<'i32'>;
  readonly chain: (state: number, digests: number, count: number) => void;
}

/** The one instance of a kernel, which every chain of the algorithm fills and runs in turn. */
class Runner {
  readonly size: number;
  /** Bytes of the state and of all the digests that fit. */
  readonly room: number;
  private readonly buffer: Uint8Array;
  private readonly state: Uint8Array;
  /** What the module's memory has free behind the buffer: room for long rows of digests. */
  private readonly free: Uint8Array;
  private readonly exports: KernelExports;

  constructor({ size, capacity, wasm }: Kernel, { Module, Instance }: typeof WebAssembly) {
    const module = new Module(new Uint8Array(fromBase64(wasm) ?? []));
    this.exports = new Instance(module).exports as unknown as KernelExports;
    this.size = size;
    this.room = size * (1 + capacity);
    this.buffer = new Uint8Array(this.exports.memory.buffer, this.exports.buffer.value, this.room);
    this.state = this.buffer.subarray(0, size);
    // The compiler places data in the order of its declaration, and the buffer is the last of it.
    this.free = new Uint8Array(this.exports.memory.buffer, this.exports.buffer.value + this.room);
  }

  /** Extends the state at the start of `block` by the digests that stand behind it, up to `end`. */
  run(block: Uint8Array, end: number): void {
    const { byteOffset } = this.state;
    this.buffer.set(block);
    this.exports.chain(byteOffset, byteOffset + this.size, end / this.size - 1);
    block.set(this.state);
  }

  /** Extends the state at the start of `block` by `count` digests from elsewhere. */
  runRow(block: Uint8Array, bytes: Uint8Array, offset: number, count: number): void {
    const { size, state, free, exports } = this;
    const most = Math.floor(free.length / size);
    for (let i = 0; i < size; i++) state[i] = block[i] ?? 0;
    for (let done = 0; done < count; done += most) {
      const some = Math.min(most, count - done);
      const from = offset + done * size;
      free.set(bytes.subarray(from, from + some * size));
      exports.chain(state.byteOffset, free.byteOffset, some);
    }
    block.set(state);
  }
}

/** A state and the digests that wait to be added to it. */
class KernelChain implements Chain {
  private readonly runner: Runner;
  private readonly block: Uint8Array;
  private readonly words: DataView;
  private end: number;
  /** The last array that held more than a digest: the next one is likely to be in there too. */
  private source: Uint8Array | undefined;
  private sourceWords: DataView | undefined;

  constructor(runner: Runner, start: Uint8Array) {
    this.runner = runner;
    this.block = new Uint8Array(runner.room);
    this.words = new DataView(this.block.buffer);
    this.end = runner.size;
    this.reset(start);
  }

  reset(start: Uint8Array): void {
    const { size } = this.runner;
    if (start.length !== size) {
      throw new RangeError(`start: expected ${String(size)} bytes, got ${String(start.length)}`);
    }
    this.block.set(start);
    this.end = size;
  }

  run(bytes: Uint8Array, offset: number, count: number): void {
    const { size } = this.runner;
    if (offset < 0 || offset + count * size > bytes.length) {
      throw new RangeError(
        `count: ${String(count)} digests from ${String(offset)} on do not fit ${String(bytes.length)} bytes`,
      );
    }
    if (this.end > size) this.flush();
    this.runner.runRow(this.block, bytes, offset, count);
  }

  extend(bytes: Uint8Array, offset = 0): void {
    const { block, end } = this;
    const { size, room } = this.runner;
    if (bytes.length > size && offset >= 0 && offset + size <= bytes.length) this.copyWords(bytes, offset);
    else for (let i = 0; i < size; i++) block[end + i] = bytes[offset + i] ?? 0;
    this.end = end + size;
    if (this.end === room) this.flush();
  }

  value(): Uint8Array {
    const { size } = this.runner;
    if (this.end > size) this.flush();
    return this.block.slice(0, size);
  }

  /** Word by word is faster than byte by byte, once there is a view; a view for every digest is not. */
  private copyWords(bytes: Uint8Array, offset: number): void {
    if (this.source !== bytes || !this.sourceWords) {
      this.source = bytes;
      this.sourceWords = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const { words, end, sourceWords } = this;
    const { size } = this.runner;
    for (let i = 0; i < size; i += 4) words.setInt32(end + i, sourceWords.getInt32(offset + i, true), true);
  }

  private flush(): void {
    this.runner.run(this.block, this.end);
    this.end = this.runner.size;
  }
}

/** Chains on a kernel, or undefined where there is no WebAssembly or the content policy forbids to compile it. */
export function loadKernel(kernel: Kernel, wasm: typeof WebAssembly | undefined): StartChain | undefined {
  if (!wasm) return undefined;
  let runner: Runner;
  try {
    runner = new Runner(kernel, wasm);
  } catch {
    return undefined;
  }
  return (start) => new KernelChain(runner, start);
}

const KERNELS: Partial<Record<AlgorithmName, Kernel>> = {
  sha1: SHA1_KERNEL,
  sha256: SHA256_KERNEL,
  sha384: SHA384_KERNEL,
  sha512: SHA512_KERNEL,
  sm3: SM3_KERNEL,
};

const loaded = new Map<AlgorithmName, StartChain | undefined>();

/**
 * The fast chain of an algorithm, compiled when first asked for and the same one from then on. Undefined where the
 * algorithm has no kernel or the platform does not let it run.
 */
export function kernelChain(algorithm: AlgorithmName): StartChain | undefined {
  if (!loaded.has(algorithm)) {
    const { WebAssembly: wasm } = globalThis as { WebAssembly?: typeof WebAssembly };
    const kernel = KERNELS[algorithm];
    loaded.set(algorithm, kernel && loadKernel(kernel, wasm));
  }
  return loaded.get(algorithm);
}
