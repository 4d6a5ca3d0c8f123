/** The edges of a report in the words of the model: peers by the names of their nodes. */
import type { Edge, OverlayEdge } from '../../model/member.ts';
import type { StatedEdges } from '../../model/stated-edges.ts';
import type { WireEdge } from '../codec/edge.ts';
import type { ReadReport } from './report-reader.ts';

/** Which key speaks for which node, this one included. */
export interface KeyNames {
  readonly nameOf: (prefix: string) => string | undefined;
  readonly prefixOf: (name: string) => string | undefined;
}

const NONE: readonly never[] = [];

/** Named when somebody asks: peers without a name are left out. */
export class NamedEdges implements StatedEdges {
  readonly #read: ReadReport;
  readonly #names: KeyNames;

  constructor(read: ReadReport, names: KeyNames) {
    this.#read = read;
    this.#names = names;
  }

  all(): readonly Edge[] {
    return this.#named(this.#read.edges.all());
  }

  striking(): readonly Edge[] {
    return this.#named(this.#read.edges.striking);
  }

  watched(): readonly string[] {
    return this.#read.edges.peers.flatMap((prefix) => this.#names.nameOf(prefix) ?? []);
  }

  to(peer: string): Edge | undefined {
    const prefix = this.#names.prefixOf(peer);
    return prefix === undefined ? undefined : this.#named(this.#read.edges.to(prefix))[0];
  }

  overlay(): readonly OverlayEdge[] {
    return this.#read.edges.overlay().flatMap(({ peer, lossTo: lossRatio, rttMs }): OverlayEdge[] => {
      const name = this.#names.nameOf(peer);
      return name === undefined || lossRatio === undefined
        ? []
        : [{ peer: name, lossRatio, ...(rttMs !== undefined && { rttMs }) }];
    });
  }

  #named(edges: readonly WireEdge[]): readonly Edge[] {
    const { madeAt } = this.#read.record;
    if (edges.length === 0) return NONE;
    return edges.flatMap(({ peer, network: _network, forMs, ...rest }): Edge[] => {
      const name = this.#names.nameOf(peer);
      return name === undefined ? [] : [{ ...rest, peer: name, sinceMs: madeAt - forMs }];
    });
  }
}
