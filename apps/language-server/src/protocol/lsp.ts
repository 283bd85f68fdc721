/** Shapes of LSP 3.18 that the features give, without the library: it takes them as they are. */

export interface Position {
  readonly line: number;
  /** In UTF-16 code units. */
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A change of the text as `textDocument/didChange` has it; without `range` all of the text. */
export interface TextChange {
  readonly range?: Range;
  readonly text: string;
}

export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

interface WorkspaceEdit {
  readonly changes: Readonly<Record<string, TextEdit[]>>;
}

export interface Location {
  readonly uri: string;
  readonly range: Range;
}

export interface Diagnostic {
  readonly range: Range;
  /** Error 1, warning 2, information 3, hint 4. */
  readonly severity: 1 | 2 | 3 | 4;
  readonly code: string;
  readonly source: string;
  readonly message: string;
  readonly relatedInformation?: { location: Location; message: string }[];
}

export interface InlayHint {
  readonly position: Position;
  readonly label: string;
  readonly paddingLeft: boolean;
  readonly tooltip: string;
}

export interface Hover {
  readonly range: Range;
  readonly contents: { kind: 'markdown'; value: string };
}

interface Command {
  readonly title: string;
  readonly command: string;
  readonly arguments?: unknown[];
}

export interface CodeLens {
  readonly range: Range;
  readonly command: Command;
}

export interface CompletionItem {
  readonly label: string;
  readonly kind: 3 | 7 | 9 | 12 | 13 | 14 | 15 | 17;
  readonly detail?: string;
  readonly documentation?: string;
  readonly sortText?: string;
  readonly insertTextFormat?: 1 | 2;
  readonly textEdit: TextEdit;
}

export interface SignatureHelp {
  readonly signatures: { label: string; documentation: string; parameters: { label: string }[] }[];
  readonly activeSignature: number;
  readonly activeParameter: number;
}

export interface DocumentSymbol {
  readonly name: string;
  readonly detail: string;
  /** Module 2, event 24, key 20, string 15. */
  readonly kind: 2 | 15 | 20 | 24;
  readonly range: Range;
  readonly selectionRange: Range;
  readonly children?: DocumentSymbol[];
}

export interface WorkspaceSymbol {
  readonly name: string;
  readonly containerName: string;
  readonly kind: 2 | 15 | 20 | 24;
  readonly location: Location;
}

export interface FoldingRange {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind?: 'comment' | 'region';
}

export interface SelectionRange {
  readonly range: Range;
  parent?: SelectionRange;
}

export interface CodeAction {
  readonly title: string;
  readonly kind: string;
  readonly edit: WorkspaceEdit;
  readonly diagnostics?: Diagnostic[];
  readonly isPreferred?: boolean;
}

export interface DocumentLink {
  readonly range: Range;
  readonly target: string;
  readonly tooltip: string;
}
