/** What the custom editors' pages and the extension say to each other; plain data, because it is copied between processes. */
import type { EvidenceView, LogRow, LogSummary, TreeNode, VerdictView } from '@tsm/language-server/protocol';

/** From the extension to a page. */
export type ToPage =
  | {
      readonly kind: 'log';
      readonly summary: LogSummary;
      readonly base64: string;
      /** Name of the evidence that the log is held against. */
      readonly evidence?: string;
    }
  | { readonly kind: 'rows'; readonly ask: number; readonly rows: readonly LogRow[]; readonly total: number }
  | { readonly kind: 'tree'; readonly event: number; readonly tree: TreeNode }
  | { readonly kind: 'evidence'; readonly view: EvidenceView; readonly base64: string }
  | {
      readonly kind: 'verdict';
      readonly verdict: VerdictView;
      /** Names of the files that took part. */
      readonly collateral: readonly string[];
      readonly trustAnchors: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string };

/** Which rows a page looks at; empty for all. */
export interface Looked {
  /** Title of a register. */
  readonly register: string;
  readonly search: string;
}

/** From a page to the extension. */
export type FromPage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'rows';
      readonly ask: number;
      readonly from: number;
      readonly count: number;
      readonly filter: Looked;
    }
  | { readonly kind: 'tree'; readonly event: number }
  | { readonly kind: 'verify'; readonly at: string }
  | { readonly kind: 'pickCollateral' }
  | { readonly kind: 'pickEvidence' }
  | { readonly kind: 'openText' };
