/** Files that are dropped on a part of a page: from the Explorer by their addresses, from elsewhere with their content. */
import type { Dropped } from '../webview-messages.ts';

/** What the Explorer calls a list of addresses, and what everybody calls it. */
const ADDRESSES = ['application/vnd.code.uri-list', 'text/uri-list'];

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Those of the transfer; an empty list where it holds no files. */
async function filesOf(transfer: DataTransfer): Promise<Dropped[]> {
  const list = ADDRESSES.map((type) => transfer.getData(type)).find((text) => text !== '') ?? '';
  const uris = list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  if (uris.length > 0) return uris.map((uri) => ({ uri }));
  return Promise.all(
    [...transfer.files].map(async (file) => ({
      name: file.name,
      base64: base64Of(new Uint8Array(await file.arrayBuffer())),
    })),
  );
}

/** Calls back for each drop on the element, with its files and its text. While something is over it, it is marked. */
export function onDrop(
  element: HTMLElement,
  dropped: (files: readonly Dropped[], text: string) => void,
): void {
  const over = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    element.classList.toggle('over', is);
  };
  element.addEventListener('dragenter', over(true));
  element.addEventListener('dragover', over(true));
  element.addEventListener('dragleave', over(false));
  element.addEventListener('drop', (event) => {
    over(false)(event);
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    // The transfer is empty as soon as this returns.
    const text = dataTransfer.getData('text/plain');
    void filesOf(dataTransfer).then((files) => dropped(files, text));
  });
}
