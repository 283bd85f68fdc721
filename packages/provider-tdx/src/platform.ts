/** The platform that a simulated TD runs on: processor, TDX module and quoting enclave. Its newest security versions are fixed. */
import { utf8Bytes, type Digests } from '@tsm/core';

const bytesOf = (size: number, ...head: number[]): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes.set(head);
  return bytes;
};

/** Security versions of a platform. */
export interface PlatformTcb {
  /** CPUSVN, 16 bytes, which are also the TCB components 1…16. */
  readonly cpuSvn: Uint8Array;
  readonly pceSvn: number;
  /** TEE_TCB_SVN, 16 bytes: ISVSVN and major version of the TDX module at launch, microcode, zeros. */
  readonly teeTcbSvn: Uint8Array;
  /** TEE_TCB_SVN2: the same of the module that runs now. */
  readonly teeTcbSvn2: Uint8Array;
  /** ISVSVN of the quoting enclave. */
  readonly qeIsvSvn: number;
}

/** What the minted collateral calls up to date. */
export const NEWEST_TCB: PlatformTcb = {
  cpuSvn: bytesOf(16, 3, 3, 2, 2, 4, 1, 0, 5),
  pceSvn: 11,
  teeTcbSvn: bytesOf(16, 5, 1, 2),
  teeTcbSvn2: bytesOf(16, 5, 1, 2),
  qeIsvSvn: 6,
};

/** How a platform may differ from the newest one. */
export interface TdxPlatform {
  readonly tcb: PlatformTcb;
  /** Stands on the revocation list of its issuer. */
  readonly pckRevoked: boolean;
  /** Type of the inner certification data: 5 carries the chain, the others leave it to the collateral. */
  readonly certification: 1 | 2 | 3 | 4 | 5 | 7;
}

export const PCE_ID = new Uint8Array(2);
/** "TSM" in ASCII: a platform that Intel never made. */
export const FMSPC = bytesOf(6, 0x54, 0x53, 0x4d);

/** Which parts of TEE_TCB_INFO hold values, as TDX modules of both TD versions say it. */
export const TEE_TCB_INFO_VALID = bytesOf(8, 0xff, 0x01, 0x03);

/** ATTRIBUTES and XFAM of a TD that asks for nothing else: SEPT_VE_DISABLE; x87 to AVX-512, PKRU, AMX. */
export const TD_PARAMS = {
  attributes: bytesOf(8, 0, 0, 0, 0x10),
  xfam: bytesOf(8, 0xe7, 0x02, 0x06),
};

/** SEAM measurement of the module. */
export function mrSeamOf(digests: Digests): Uint8Array {
  return digests.digest('sha384', utf8Bytes('TSM test TDX module'));
}

/** Identity of the TD quoting enclave, beside its keys. */
export const QUOTING_ENCLAVE = {
  isvProdId: 2,
  miscSelect: 0,
  /** INIT, MODE64BIT, PROVISIONKEY; x87 to AVX-512. */
  attributes: { flags: 0x15n, xfrm: bytesOf(8, 0xe7) },
  /** What Intel's enclave has there: bytes 0 to 31. */
  authData: Uint8Array.from({ length: 32 }, (_, i) => i),
  mrEnclave: (digests: Digests) => digests.digest('sha256', utf8Bytes('TSM test TD quoting enclave')),
  mrSigner: (digests: Digests) => digests.digest('sha256', utf8Bytes('TSM test enclave signer')),
};
