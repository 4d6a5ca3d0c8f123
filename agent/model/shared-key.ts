/** Where all agents of a cluster find its key, where there is such a place: a Secret. */

export interface SharedKeyPlace {
  /** For messages: `Secret meerkat/meerkat-cluster-key`. */
  readonly name: string;
  /** After how long to ask again, ms: all agents share what may be asked of it. */
  readonly askAgainMs: () => number;
  read(): Promise<SharedKey>;
}

/**
 * - `found`: the text is what the place holds, empty where it holds nothing yet
 * - `unreadable`: it cannot be asked now, or does not allow it. `why` says what to do where something is to be done
 */
export type SharedKey =
  | {
      readonly kind: 'found';
      readonly text: string;
      /** What it holds for the overlay responders; empty: nothing yet. */
      readonly overlayText: string;
      /** UUID of the cluster that the place belongs to. */
      readonly clusterId: string;
      /** Writes both, unless somebody else did since it was read. */
      write(texts: SharedKeyTexts): Promise<SharedKeyWrite>;
    }
  /** `isLasting`: a person has to do something. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly isLasting?: boolean };

export interface SharedKeyTexts {
  readonly text: string;
  /** For the overlay responders, which must not have the cluster key itself. */
  readonly overlayText: string;
}

export type SharedKeyWrite =
  | { readonly kind: 'written' | 'conflict' }
  | { readonly kind: 'failed'; readonly why: string };
