/** Flows: what a requester does as a generator of DOE objects, driven over any transport, waiting or not. */

/** Gives data objects to send and takes the answers; undefined is no answer. */
export type Flow<T> = Generator<Uint8Array, T, Uint8Array | undefined>;

/** Sends one data object and gives its answer; undefined when none comes. */
export type Transport = (object: Uint8Array) => Uint8Array | undefined;
export type AsyncTransport = (object: Uint8Array) => Promise<Uint8Array | undefined>;

/** Drives a flow over a transport that answers at once. */
export function drive<T>(flow: Flow<T>, transport: Transport): T {
  let step = flow.next();
  while (!step.done) step = flow.next(transport(step.value));
  return step.value;
}

/** Drives a flow over a transport that takes its time, such as a socket. */
export async function driveAsync<T>(flow: Flow<T>, transport: AsyncTransport): Promise<T> {
  let step = flow.next();
  while (!step.done) step = flow.next(await transport(step.value));
  return step.value;
}
