/** A pathway as steering manifests describe it (RFC 8216bis §7.2). */
export interface PathwayClone {
  ID: string;
  'URI-REPLACEMENT': { HOST?: string };
}

/** The names of CDNs by their hosts. */
export class CDNHosts {
  private readonly names = new Map<string, string>();

  addClones(clones: readonly PathwayClone[]): void {
    for (const clone of clones) {
      const host = clone['URI-REPLACEMENT'].HOST;
      // A host may have a second name, for players to fall back on: the first is the CDN's.
      if (host && !this.names.has(host.toLowerCase())) this.names.set(host.toLowerCase(), clone.ID);
    }
  }

  /** The CDN that an address is at; "" for none with a name. */
  nameOf(url: string): string {
    try {
      return this.names.get(new URL(url).hostname) ?? '';
    } catch {
      return '';
    }
  }
}
