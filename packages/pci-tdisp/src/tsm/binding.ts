/** One session has a device: the first that asks for keys or interfaces, until it ends (PCIe 6.1 §11.2.1). */

export class SessionBinding {
  private owner: number | undefined;
  private readonly listeners = new Set<() => void>();

  /** The session that has the device. */
  get session(): number | undefined {
    return this.owner;
  }

  /** False while another session has it. */
  claim(session: number): boolean {
    this.owner ??= session;
    return this.owner === session;
  }

  /** A session is over. When it was the owner, its keys and interfaces go with it. */
  end(session: number): void {
    if (this.owner !== session) return;
    this.owner = undefined;
    for (const tell of this.listeners) tell();
  }

  /** Called when the owner's session is over. */
  onEnd(listener: () => void): void {
    this.listeners.add(listener);
  }
}
