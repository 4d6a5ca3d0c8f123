/** How the store is doing, as the agent itself sees it; feeds the diagnosis, `disk-latency` and the metrics. */
export interface StoreHealth {
  readonly directory: string;
  /**
   * `opening`: not ready yet. `ok`. `stalled`: the disk has not come back for 5 s. `full`: no space. `read-only`: the
   * file system takes no writes. `failed`: anything else; the store's process does not stay up, is stopped or gets no
   * CPU. In all but `ok` the agent goes on in memory.
   */
  readonly state: 'opening' | 'ok' | 'stalled' | 'full' | 'read-only' | 'failed';
  /** Since when it has this state, Unix ms. */
  readonly since: number;
  /** One sentence; empty for `ok`. */
  readonly message: string;
  /** A database that could not be used and was kept under another name, with the reason. */
  readonly setAside?: { readonly path: string; readonly why: 'corrupt' | 'newer'; readonly at: number };
  readonly queuedSamples: number;
  readonly droppedSamples: number;
  readonly queuedEvents: number;
  readonly droppedEvents: number;
  readonly sizeBytes: number;
}

/** What a peer says of its store. */
export type PeerStore = Pick<StoreHealth, 'state' | 'since' | 'message'>;
