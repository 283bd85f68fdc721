/** Settings, of section `tsm` or in `initializationOptions`. All are optional. */

/** Which evidence a log is held against. */
export interface Binding {
  /** End of the log's path: `rtmr3.tsmlog`, `boot/event_log`. */
  readonly log: string;
  /** Register that a text log is of, such as `rtmr3`. */
  readonly register?: string;
  /** Evidence beside the log, or by its path in the workspace. */
  readonly evidence?: string;
}

export interface Settings {
  readonly bindings?: readonly Binding[];
  /** Modules whose default export is a provider. Loaded only where the workspace is trusted. */
  readonly providers?: readonly string[];
  /** Did the person say that code of this workspace may run? Default: no. */
  readonly trusted?: boolean;
  /** Provider whose registers are offered; default: `tdx`. */
  readonly provider?: string;
  /** Directory of simulated machines; default: the one of `tsm`. */
  readonly state?: string;
  /** The folder that stands for `/` of the machine that the server runs in; default: `/`. */
  readonly liveRoot?: string;
  readonly inlayHints?: boolean;
}
