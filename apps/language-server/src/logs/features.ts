/** Each LSP request about a text log, answered by the service. */
import { ErrorCodes, ResponseError, type CancellationToken, type Connection } from 'vscode-languageserver';
import { conversions, quickFixes } from '../service/log/actions.ts';
import { semanticTokens } from '../service/log/colours.ts';
import type { LogDocument } from '../service/log/document.ts';
import { explainedFixes } from '../service/log/explained.ts';
import { format } from '../service/log/format.ts';
import { hover, inlayHints } from '../service/log/hints.ts';
import { codeLenses } from '../service/log/lenses.ts';
import * as navigation from '../service/log/navigation.ts';
import { documentSymbols, foldingRanges, selectionRange } from '../service/log/segments.ts';
import { completion, signatureHelp } from '../service/log/words.ts';
import type { CodeAction, Diagnostic, Range } from '../protocol/lsp.ts';
import type { LogHost, OpenLogs, ShownLog } from './open.ts';

interface OfDocument {
  readonly textDocument: { readonly uri: string };
}

export function serveFeatures(connection: Connection, logs: OpenLogs, host: LogHost): void {
  /** The answer for an open log; `otherwise` for any other document. */
  const of =
    <P extends OfDocument, R, N>(answer: (document: LogDocument, params: P) => R, otherwise: N) =>
    (params: P): R | N => {
      const document = logs.get(params.textDocument.uri);
      return document ? answer(document, params) : otherwise;
    };
  const context = ({ uri }: LogDocument) => logs.context(uri);
  /** As `of`, and otherwise the answer for a decoded log that is shown as text. */
  const ofBoth =
    <P extends OfDocument, R, D, N>(
      answer: (document: LogDocument, params: P) => R,
      ofDecoded: (shown: ShownLog, params: P) => D,
      otherwise: N,
    ) =>
    (params: P): R | D | N => {
      const shown = logs.decoded(params.textDocument.uri);
      return shown ? ofDecoded(shown, params) : of(answer, otherwise)(params);
    };

  const hints = (): boolean => logs.settings.inlayHints !== false;
  connection.languages.inlayHint.on(
    ofBoth(
      (document, { range }) => (hints() ? inlayHints(document, range, context(document)) : []),
      ({ log, lengths }, { range }) => (hints() ? log.inlayHints(range, (line) => lengths[line] ?? 0) : []),
      [],
    ),
  );
  connection.onHover(
    ofBoth(
      (document, { position }) => hover(document, position, context(document)),
      ({ log }, { position }) => log.hover(position.line),
      null,
    ),
  );
  connection.onCodeLens(of((document) => codeLenses(document, context(document)), []));
  connection.onCompletion(
    of((document, { position }) => completion(document, position, context(document)), []),
  );
  connection.onSignatureHelp(of((document, { position }) => signatureHelp(document, position), null));
  connection.languages.semanticTokens.on(
    of((document) => ({ data: semanticTokens(document) }), { data: [] }),
  );
  connection.languages.semanticTokens.onRange(
    of((document, { range }) => ({ data: semanticTokens(document, range) }), { data: [] }),
  );
  connection.onDocumentSymbol(
    ofBoth(
      (document) => documentSymbols(document, context(document)),
      ({ log }) => log.symbols(),
      [],
    ),
  );
  connection.onFoldingRanges(of(foldingRanges, []));
  connection.onSelectionRanges(
    of((document, { positions }) => positions.map((position) => selectionRange(document, position)), []),
  );
  connection.onDefinition(
    of((document, { position }) => navigation.definition(document, position, logs.others(document.uri)), []),
  );
  connection.onReferences(of((document, { position }) => navigation.references(document, position), []));
  connection.onDocumentHighlight(
    of((document, { position }) => navigation.highlights(document, position).map((range) => ({ range })), []),
  );
  connection.onPrepareRename(
    of((document, { position }) => navigation.prepareRename(document, position), null),
  );
  connection.onRenameRequest(
    of((document, { position, newName }) => {
      const edits = navigation.rename(document, position, newName);
      if (edits) return { changes: { [document.uri]: edits } };
      const why = `${JSON.stringify(newName)} is no domain: one word, without # in front`;
      return new ResponseError(ErrorCodes.InvalidParams, why);
    }, null),
  );
  connection.onDocumentFormatting(of(format, []));
  connection.onDocumentLinks(of(navigation.documentLinks, []));
  connection.onWorkspaceSymbol(async ({ query }) => {
    const { documents } = await logs.closed();
    return navigation.workspaceSymbols([...logs.all(), ...documents], query);
  });
  connection.onCodeAction(async ({ textDocument, context: { diagnostics, only }, range }, token) => {
    const document = logs.get(textDocument.uri);
    if (!document) return [];
    const wanted = (kind: string): boolean => only?.some((one) => kind.startsWith(one)) ?? true;
    const own = diagnostics.filter(({ source }) => source === 'tsm') as Diagnostic[];
    const actions: CodeAction[] = [];
    if (wanted('quickfix')) {
      actions.push(...quickFixes(document, own));
      actions.push(...(await searched(logs, host, document, own, token)));
    }
    if (wanted('refactor.rewrite') && isAsked(range, only)) actions.push(...conversions(document));
    return actions;
  });
}

/** Conversions are made when they are asked for, or where text is selected; not at each step of the cursor. */
const isAsked = ({ start, end }: Range, only: readonly string[] | undefined): boolean =>
  only !== undefined || start.line !== end.line || start.character !== end.character;

/** Fixes for values that do not agree, by a search of what would make them. */
async function searched(
  logs: OpenLogs,
  host: LogHost,
  document: LogDocument,
  diagnostics: readonly Diagnostic[],
  token: CancellationToken,
): Promise<CodeAction[]> {
  const controller = new AbortController();
  token.onCancellationRequested(() => {
    controller.abort();
  });
  const tools = { others: logs.others(document.uri), pause: () => host.pause(), signal: controller.signal };
  const fixes: CodeAction[] = [];
  for (const diagnostic of diagnostics) {
    const record = document.recordAt(diagnostic.range.start.line);
    const { evidence } = logs.context(document.uri);
    const isSync = diagnostic.code === 'replay.sync-mismatch';
    const expected = isSync
      ? record?.value
      : diagnostic.code === 'log.evidence-mismatch'
        ? evidence?.value
        : undefined;
    if (!record || !expected) continue;
    const end = isSync ? record.number : document.recordCount;
    const found = await explainedFixes(document, end, expected, tools);
    fixes.push(...found.map((fix) => ({ ...fix, diagnostics: [diagnostic] })));
  }
  return fixes;
}
