/** What the server and its clients say to each other beside LSP; types only, and names. */
export * from './commands.ts';
export type * from './devices.ts';
export type * from './machines.ts';
export type * from './requests.ts';
export type * from './settings.ts';
export type * from './views.ts';
