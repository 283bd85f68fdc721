/** The language server as a library: one server over any connection, and the service for text logs alone. */
export { startServer, type Place } from './server.ts';
export { LogDocument, type LogSettings, type PlacedRecord } from './service/log/document.ts';
export { diagnose } from './service/log/diagnostics.ts';
export { inlayHints, hover } from './service/log/hints.ts';
export type { HeldAgainst, LogContext } from './service/context.ts';
