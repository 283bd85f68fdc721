/** The launch digest: one SHA-384 for each page that the VMM adds. Spec: AMD SEV-SNP ABI (56860), §8.17. */
import type { Digests, LaunchStep } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { PAGE_TYPE, PageInfo, type PageType } from '../layout/page-info.ts';
import { PAGE } from './vmsa.ts';

const UNMEASURED = new Uint8Array(48);
/** Address that firmware and tools give a VMSA: it is not guest memory. */
const VMSA_GPA = 0xfffffffff000n;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Extends the digest page by page, and keeps a step for each range of pages. */
export class LaunchDigest {
  readonly steps: LaunchStep[] = [];
  private readonly digests: Digests;
  /** PAGE_INFO, written once; only digest, contents, type and address change. */
  private readonly info: Uint8Array;
  private readonly view: DataView;
  private current: Uint8Array;

  /** `start`: a digest to go on from; default: zeros. */
  constructor(digests: Digests, start: Uint8Array = UNMEASURED) {
    this.digests = digests;
    this.current = start;
    this.info = encode(PageInfo, {
      ...{
        digestCurrent: UNMEASURED,
        contents: UNMEASURED,
        length: sizeOf(PageInfo),
        pageType: PAGE_TYPE.NORMAL,
      },
      ...{ imiPage: 0, vmpl3Perms: 0, vmpl2Perms: 0, vmpl1Perms: 0, reserved: new Uint8Array(1), gpa: 0n },
    });
    this.view = new DataView(this.info.buffer);
  }

  get value(): Uint8Array {
    return this.current.slice();
  }

  /** Pages with content: NORMAL. */
  pages(bytes: Uint8Array, gpa: number, words: string): void {
    for (let at = 0; at < bytes.length; at += PAGE) {
      const contents = this.digests.digest('sha384', bytes.subarray(at, at + PAGE));
      this.extend('NORMAL', BigInt(gpa + at), contents);
    }
    this.say(`${words} at ${hex(gpa)}`, bytes.length / PAGE);
  }

  /** Pages of which only type and address are measured. */
  emptyPages(type: Exclude<PageType, 'NORMAL' | 'VMSA'>, gpa: number, size: number, words: string): void {
    for (let at = 0; at < size; at += PAGE) this.extend(type, BigInt(gpa + at), UNMEASURED);
    this.say(`${type} page: ${words} at ${hex(gpa)}`, size / PAGE);
  }

  vmsa(page: Uint8Array, count: number, words: string): void {
    const contents = this.digests.digest('sha384', page);
    for (let i = 0; i < count; i++) this.extend('VMSA', VMSA_GPA, contents);
    this.say(`VMSA of ${words}`, count, contents);
  }

  private extend(type: PageType, gpa: bigint, contents: Uint8Array): void {
    this.info.set(this.current, 0);
    this.info.set(contents, 48);
    this.view.setUint8(98, PAGE_TYPE[type]);
    this.view.setBigUint64(104, gpa, true);
    this.current = this.digests.digest('sha384', this.info);
  }

  private say(words: string, count: number, digest?: Uint8Array): void {
    if (count === 0) return;
    const step = { register: 'measurement', words, value: this.value };
    this.steps.push({ ...step, ...(count > 1 ? { count } : {}), ...(digest ? { digest } : {}) });
  }
}
