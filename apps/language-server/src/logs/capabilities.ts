/** What the server can do, as `initialize` tells it. */
import { TextDocumentSyncKind, type ServerCapabilities } from 'vscode-languageserver';
import { TOKEN_TYPES } from '../service/log/tokens.ts';

export const CAPABILITIES: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  diagnosticProvider: { identifier: 'tsm', interFileDependencies: true, workspaceDiagnostics: true },
  inlayHintProvider: true,
  hoverProvider: true,
  codeLensProvider: {},
  completionProvider: { triggerCharacters: [' ', '/'] },
  signatureHelpProvider: { triggerCharacters: [' '] },
  semanticTokensProvider: {
    legend: { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [] },
    ...{ full: true, range: true },
  },
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentFormattingProvider: true,
  codeActionProvider: { codeActionKinds: ['quickfix', 'refactor.rewrite'] },
  workspaceSymbolProvider: true,
  documentLinkProvider: {},
};
