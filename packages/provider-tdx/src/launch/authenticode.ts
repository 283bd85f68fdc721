/** Authenticode digests of PE/COFF images, as firmware computes them. Spec: edk2 OvmfPkg/Tcg/TdTcg2Dxe/MeasureBootPeCoff.c. */
import { concatAll, type AlgorithmName, type Digests, type Issue } from '@tsm/core';
import { decode, sizeOf, type Infer, type Layout } from '@tsm/core/layout';
import {
  CoffHeader,
  DataDirectory,
  DosHeader,
  OptionalHeader32,
  OptionalHeader64,
  PE_MAGIC,
  SectionHeader,
} from '../layout/pe.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';

/** Row of the data directories that names the certificates. */
const SECURITY = 4;
/** Where the checksum is in an optional header of either kind, and its size. */
const CHECKSUM = 64;
const CHECKSUM_SIZE = 4;
/** Sections may overlap; more than this many times the file is no image but an attack. */
const MAX_TIMES = 2;

export interface ImageDigest {
  /** Absent where firmware would refuse the image. */
  readonly digest?: Uint8Array;
  readonly issues: readonly Issue[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Ends the reading of an image; never leaves this file. */
class Refusal extends Error {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super('image refused');
    this.issues = issues;
  }
}

/** One image, and the refusals that name its bytes. */
class Image {
  readonly bytes: Uint8Array;
  readonly path: string;
  constructor(bytes: Uint8Array, path: string) {
    this.bytes = bytes;
    this.path = path;
  }

  refuse(found: string, start = 0, size = 0): never {
    const offset = Math.min(start, this.bytes.length);
    const place = { path: this.path, offset, length: Math.min(size, this.bytes.length - offset) };
    throw new Refusal([TDX_LAUNCH_ISSUES.make('tdx-launch.pe', place, { found })]);
  }

  read<T>(layout: Layout<T>, offset: number): T {
    if (offset > this.bytes.length) this.refuse(`no ${layout.name} inside the file`, offset);
    const { value, issues } = decode(layout, this.bytes, {
      offset,
      path: `${this.path}.${layout.name}`,
    });
    if (value === undefined) throw new Refusal(issues);
    return value;
  }

  /** A range that is in the file. */
  range(start: number, end: number, what: string): Range {
    if (start > end) this.refuse(`${what} would end before it starts`, end);
    if (end > this.bytes.length) this.refuse(`${what} ends beyond the end of the file`, start, end - start);
    return { start, end };
  }
}

/** What firmware takes from the headers. */
interface Headers {
  /** The headers without checksum and certificate directory. */
  readonly ranges: readonly Range[];
  readonly size: number;
  readonly certificates: number;
  readonly sections: readonly Infer<typeof SectionHeader>[];
}

function readHeaders(image: Image): Headers {
  const dos = image.read(DosHeader, 0);
  const pe = dos.magic === 'MZ' ? dos.peOffset : 0;
  const coff = image.read(CoffHeader, pe);
  if (coff.signature !== 'PE\0\0') image.refuse('no PE signature', pe, 4);
  const at = pe + sizeOf(CoffHeader);
  const short = image.read(OptionalHeader32, at);
  const optional = short.magic === PE_MAGIC.PE32_PLUS ? image.read(OptionalHeader64, at) : short;
  if (optional.magic !== PE_MAGIC.PE32_PLUS && optional.magic !== PE_MAGIC.PE32)
    image.refuse(`optional header magic 0x${optional.magic.toString(16)}, neither PE32 nor PE32+`, at, 2);

  const { sizeOfHeaders: size, numberOfRvaAndSizes } = optional;
  const directories = at + sizeOf(optional === short ? OptionalHeader32 : OptionalHeader64);
  const before = image.range(0, at + CHECKSUM, 'the header');
  const rest = at + CHECKSUM + CHECKSUM_SIZE;
  const table = at + coff.sizeOfOptionalHeader;
  const sections = Array.from({ length: coff.numberOfSections }, (_, i) =>
    image.read(SectionHeader, table + i * sizeOf(SectionHeader)),
  );
  if (numberOfRvaAndSizes <= SECURITY) {
    return { ranges: [before, image.range(rest, size, 'the headers')], size, certificates: 0, sections };
  }
  const security = directories + SECURITY * sizeOf(DataDirectory);
  const ranges = [
    before,
    image.range(rest, security, 'the optional header'),
    image.range(security + sizeOf(DataDirectory), size, 'the headers'),
  ];
  return { ranges, size, certificates: image.read(DataDirectory, security).size, sections };
}

/** The bytes that the digest covers, in order, and what is odd about them. */
function coveredBy(image: Image): { ranges: readonly Range[]; issues: readonly Issue[] } {
  const { ranges, size, certificates, sections } = readHeaders(image);
  const { bytes, path } = image;
  const filled = sections
    .filter(({ sizeOfRawData }) => sizeOfRawData > 0)
    .sort((a, b) => a.pointerToRawData - b.pointerToRawData);
  const covered = [...ranges];
  const issues: Issue[] = [];
  let sum = size;
  let end = size;
  for (const { name, pointerToRawData: start, sizeOfRawData } of filled) {
    const title = `section ${JSON.stringify(name.replace(/\0+$/, ''))}`;
    covered.push(image.range(start, start + sizeOfRawData, title));
    sum += sizeOfRawData;
    if (sum > MAX_TIMES * bytes.length)
      image.refuse('the sections are more than twice the file', start, sizeOfRawData);
    if (start < end) {
      const place = { path, offset: start, length: Math.min(end - start, sizeOfRawData) };
      const found = `${title} overlaps what comes before it`;
      issues.push(TDX_LAUNCH_ISSUES.make('tdx-launch.pe-overlap', place, { found }));
    }
    end = Math.max(end, start + sizeOfRawData);
  }
  if (bytes.length > sum) {
    const rest = bytes.length - certificates;
    if (rest < sum)
      image.refuse('the certificates are larger than what follows the sections', sum, bytes.length - sum);
    covered.push({ start: sum, end: rest });
  }
  return { ranges: covered, issues };
}

/**
 * Authenticode digest of a PE32 or PE32+ image, as edk2 measures it at LoadImage: without checksum, certificate
 * directory and certificates; sections in the order of the file; no padding. Never throws on data: an image that
 * firmware does not measure has no digest and says why. `path`: how issues name the image.
 */
export function authenticodeDigest(
  image: Uint8Array,
  digests: Digests,
  algorithm: AlgorithmName = 'sha384',
  path = 'image',
): ImageDigest {
  try {
    const { ranges, issues } = coveredBy(new Image(image, path));
    const bytes = concatAll(ranges.map(({ start, end }) => image.subarray(start, end)));
    return { digest: digests.digest(algorithm, bytes), issues };
  } catch (error) {
    if (error instanceof Refusal) return { issues: error.issues };
    throw error;
  }
}
