/** The page that a trace and a capture share. */
import * as vscode from 'vscode';
import { escaped } from './page-host.ts';

/** To be made when it is shown: its texts are those of the editor's language. */
export function tracePage(): { readonly name: 'trace'; readonly body: string } {
  const t = (text: string): string => escaped(vscode.l10n.t(text));
  const body = `
    <header>
      <h1 id="title">${t('Reading…')}</h1>
      <span id="verbs" role="group" aria-label="${t('What can be done')}"></span>
      <button id="verify" type="button" hidden>${t('Verify')}</button>
      <button id="secrets" type="button" hidden>${t('Secrets…')}</button>
    </header>
    <p id="summary" class="detail"></p>
    <ul id="problems" aria-label="${t('Problems')}"></ul>
    <details id="verdictBox" hidden>
      <summary>${t('Verdict')} <span id="verdict" role="status"></span></summary>
      <div id="checks" aria-label="${t('Checks')}"></div>
    </details>
    <main>
      <section aria-label="${t('Messages')}">
        <div id="ends" aria-hidden="true"></div>
        <div id="sequence" aria-label="${t('Messages')}"></div>
      </section>
      <section aria-label="${t('Fields of the message')}">
        <h2 id="chosen">${t('Fields of the message')}</h2>
        <div id="tree" aria-label="${t('Fields of the message')}"></div>
      </section>
      <section aria-label="${t('Bytes')}"><h2>${t('Bytes')}</h2><div id="hex" aria-label="${t('Bytes')}"></div></section>
      <section aria-label="${t('States')}"><h2>${t('States')}</h2><div id="lanes"></div></section>
    </main>`;
  return { name: 'trace', body };
}
