/** Report items with the kernel's generation semantics (drivers/virt/coco/guest/report.c; configfs-tsm-report). */
import { TsmError } from './issue.ts';
import type { ReportBlobs, ReportDriver, ReportRequest } from './provider.ts';

/** Largest `inblob` in bytes (TSM_REPORT_INBLOB_MAX). */
export const INBLOB_MAX = 64;
/** Largest privilege level (TSM_REPORT_PRIVLEVEL_MAX). */
export const PRIVLEVEL_MAX = 3;

const WRAP = 1n << 64n;
const NIL_GUID = '00000000-0000-0000-0000-000000000000';

/** Whoever produces reports at the moment; looked up at each use, because a provider can go away below an item. */
export interface ReportSource {
  readonly driver: ReportDriver;
  produce(request: ReportRequest): ReportBlobs;
}

export type BlobName = keyof ReportBlobs;

/** One directory below `/sys/kernel/config/tsm/report/`. */
export class ReportItem {
  readonly name: string;
  private readonly source: () => ReportSource | undefined;
  private writeGeneration: bigint;
  private readGeneration: bigint;
  private request: ReportRequest = { inblob: new Uint8Array(0) };
  private blobs: ReportBlobs | undefined;

  /** `generation` and `readGeneration` set the counters, for tests of the wrap. */
  constructor(
    name: string,
    source: () => ReportSource | undefined,
    generation = 0n,
    readGeneration = generation,
  ) {
    this.name = name;
    this.source = source;
    this.writeGeneration = generation;
    this.readGeneration = readGeneration;
  }

  /** Rises by one for each accepted change; reading reports never changes it. */
  get generation(): bigint {
    return this.writeGeneration;
  }

  /** Name of the report driver; `ENXIO` when none is registered. */
  get provider(): string {
    return this.present().driver.name;
  }

  /** `ENXIO` when no driver is registered. */
  get privlevelFloor(): number {
    return this.present().driver.privlevelFloor ?? 0;
  }

  /** `ENXIO` without a driver, `EINVAL` outside floor…3, `EBUSY` at the wrap; the same value again still counts. */
  setPrivlevel(privlevel: number): void {
    const floor = this.privlevelFloor;
    if (!Number.isInteger(privlevel) || privlevel < floor || privlevel > PRIVLEVEL_MAX) {
      throw new TsmError(
        'EINVAL',
        `privlevel: expected ${String(floor)}…${String(PRIVLEVEL_MAX)}, got ${String(privlevel)}`,
      );
    }
    this.change({ privlevel });
  }

  /** An empty string is kept as one: only removing the item clears it. */
  setServiceProvider(serviceProvider: string): void {
    this.change({ serviceProvider });
  }

  /** A text that is no GUID is `EINVAL`, and still counts and clears the GUID, as in the kernel. */
  setServiceGuid(text: string): void {
    const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0].toLowerCase();
    this.change({ serviceGuid: guid === NIL_GUID ? undefined : guid });
    if (guid === undefined)
      throw new TsmError('EINVAL', `service_guid: expected a GUID, got ${JSON.stringify(text)}`);
  }

  setServiceManifestVersion(serviceManifestVersion: number): void {
    this.change({ serviceManifestVersion });
  }

  /** One commit of `inblob`; more than 64 bytes is `EFBIG`. The provider checks its own minimum at the read. */
  setInblob(inblob: Uint8Array): void {
    if (inblob.length > INBLOB_MAX) {
      throw new TsmError(
        'EFBIG',
        `inblob: expected at most ${String(INBLOB_MAX)} bytes, got ${String(inblob.length)}`,
      );
    }
    this.change({ inblob: inblob.slice() });
  }

  /**
   * A blob of the report over the present request; produced when stale, served from the cache else. A blob the driver
   * does not give is empty. `EINVAL` before any inblob, `ENXIO` without a driver when there is nothing fresh to serve.
   */
  read(name: BlobName): Uint8Array {
    // The length test comes first, on the kernel's fast path: EINVAL even without a provider.
    if (this.request.inblob.length === 0) throw new TsmError('EINVAL', 'inblob: nothing was written yet');
    if (this.blobs === undefined || this.readGeneration !== this.writeGeneration) {
      const source = this.present();
      this.blobs = undefined;
      this.blobs = source.produce(this.request);
      this.readGeneration = this.writeGeneration;
    }
    return this.blobs[name] ?? new Uint8Array(0);
  }

  private present(): ReportSource {
    const source = this.source();
    if (!source) throw new TsmError('ENXIO', 'no report provider is registered');
    return source;
  }

  private change(change: Partial<ReportRequest>): void {
    // The next step would make a changed request look like the one last read.
    if (this.writeGeneration === (this.readGeneration + WRAP - 1n) % WRAP) {
      throw new TsmError('EBUSY', `${this.name}: the generation would wrap to the one last read`);
    }
    this.writeGeneration = (this.writeGeneration + 1n) % WRAP;
    this.request = { ...this.request, ...change };
  }
}
