/** A report item of the tree under test, as a client uses it; and what several groups of cases need. */
import { concatAll, utf8Text, type ReportBlobs, type ReportRequest, type ReportSource } from '@tsm/core';
import { REPORT_PATH } from '../guest.ts';
import type { Access } from '../node.ts';
import { bytesOf, same } from './expect.ts';
import { NotShown, type Inside, type KitFile, type KitFiles, type Subject } from './model.ts';

const CHUNK = 4096;

/** Opens, and closes whatever comes. */
export async function withFile<T>(
  files: KitFiles,
  path: string,
  access: Access,
  use: (file: KitFile) => Promise<T>,
): Promise<T> {
  const file = await files.open(path, access);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

export async function readRest(file: KitFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = await file.read(CHUNK);
    if (part.length === 0) return concatAll(parts);
    parts.push(part);
  }
}

export function readFile(files: KitFiles, path: string): Promise<Uint8Array> {
  return withFile(files, path, 'read', readRest);
}

/** One write of it all, then close. */
export function writeFile(files: KitFiles, path: string, value: string | Uint8Array): Promise<number> {
  return withFile(files, path, 'write', (file) => file.write(bytesOf(value)));
}

export class Item {
  readonly path: string;
  readonly files: KitFiles;

  private constructor(files: KitFiles, name: string) {
    this.files = files;
    this.path = `${REPORT_PATH}/${name}`;
  }

  static async make({ files }: Pick<Subject, 'files'>, name = 'a'): Promise<Item> {
    const item = new Item(files, name);
    await files.mkdir(item.path);
    return item;
  }

  at(attribute: string): string {
    return `${this.path}/${attribute}`;
  }

  read(attribute: string): Promise<Uint8Array> {
    return readFile(this.files, this.at(attribute));
  }

  async text(attribute: string): Promise<string> {
    return utf8Text(await this.read(attribute));
  }

  put(attribute: string, value: string | Uint8Array): Promise<number> {
    return writeFile(this.files, this.at(attribute), value);
  }

  open<T>(attribute: string, access: Access, use: (file: KitFile) => Promise<T>): Promise<T> {
    return withFile(this.files, this.at(attribute), access, use);
  }

  async generationIs(expected: number | bigint): Promise<void> {
    same('generation', await this.text('generation'), `${String(expected)}\n`);
  }
}

export function insideOf({ inside }: Subject): Inside {
  if (!inside) throw new NotShown('needs the inside of the guest: only a tree in this process has it');
  return inside;
}

/** A report provider of the case's own, which remembers what it was asked. */
export class ScriptedProvider implements ReportSource {
  readonly requests: ReportRequest[] = [];
  readonly driver: ReportSource['driver'];
  answer: (request: ReportRequest) => ReportBlobs;

  constructor(answer: (request: ReportRequest) => ReportBlobs = ({ inblob }) => ({ outblob: inblob })) {
    this.answer = answer;
    this.driver = {
      name: 'scripted_guest',
      inblob: { min: 1, max: 64 },
      attributes: [
        ...(['privlevel', 'privlevelFloor', 'serviceProvider', 'serviceGuid'] as const),
        ...(['serviceManifestVersion', 'auxblob', 'manifestblob'] as const),
      ],
    };
  }

  produce(request: ReportRequest): ReportBlobs {
    this.requests.push(request);
    return this.answer(request);
  }

  get calls(): number {
    return this.requests.length;
  }
}
