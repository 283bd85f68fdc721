/** What the custom editors' pages and the extension say to each other; plain data, because it is copied between processes. */
import type {
  DeviceVerb,
  EvidenceView,
  LogRow,
  LogSummary,
  TraceView,
  TreeNode,
  VerdictView,
} from '@tsm/language-server/protocol';

/** Names of the files that evidence is verified with. */
export interface WithFiles {
  readonly collateral: readonly string[];
  /** Did the person choose it, in place of what the settings name? */
  readonly chosen: boolean;
  readonly trustAnchors: readonly string[];
  readonly policy?: string;
  readonly log?: string;
}

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
  | ({ readonly kind: 'with' } & WithFiles)
  | { readonly kind: 'verdict'; readonly verdict: VerdictView }
  | {
      readonly kind: 'trace';
      readonly title: string;
      readonly trace: TraceView;
      /** What can be done to the device now; none for a capture. */
      readonly verbs: readonly DeviceVerb[];
      /** Name of the file that decrypts a capture. */
      readonly secrets?: string;
    }
  | { readonly kind: 'deviceVerdict'; readonly verdict: VerdictView }
  | { readonly kind: 'failed'; readonly message: string };

/** Which rows a page looks at; empty for all. */
export interface Looked {
  /** Title of a register. */
  readonly register: string;
  readonly search: string;
}

/** What evidence is verified with, beside the date. */
export type VerifiedWith = 'collateral' | 'policy' | 'log';

/** A file that was dropped on a page: from the Explorer by its address, from elsewhere with its content. */
export type Dropped = { readonly uri: string } | { readonly name: string; readonly base64: string };

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
  | { readonly kind: 'pick'; readonly what: VerifiedWith }
  | { readonly kind: 'clear'; readonly what: VerifiedWith }
  | { readonly kind: 'dropped'; readonly what: VerifiedWith; readonly files: readonly Dropped[] }
  | { readonly kind: 'pickEvidence' }
  | { readonly kind: 'do'; readonly verb: DeviceVerb }
  | { readonly kind: 'verifyDevice' }
  | { readonly kind: 'pickSecrets' }
  | { readonly kind: 'openText' };
