/** A member of which only the voice and the eyes are simulated: what it says goes into the book of its carrier. */
import type { Clock } from '../../agent/base/clock.ts';
import { createEdgeNews } from '../../agent/mesh/compose/edge-news.ts';
import { makeOwnReport } from '../../agent/mesh/compose/own-report.ts';
import { createReportSchedule } from '../../agent/mesh/compose/report-schedule.ts';
import { type Voice, createVoice } from '../../agent/mesh/compose/voice.ts';
import type { Edge, EdgeState } from '../../agent/model/member.ts';
import type { NodeReport } from '../../agent/model/report.ts';
import type { TimelineEvent } from '../../agent/model/timeline.ts';
import { AGE_MS, CLUSTER, CLUSTER_KEY, type Citizen, NOON, type Population, quietReport } from './population.ts';
import { type ThinEdges, type ThinEdgesDeps, createThinEdges } from './thin-edges.ts';

export interface ThinMember {
  readonly citizen: Citizen;
  readonly edges: ThinEdges;
  readonly voice: Voice;
  /** It claims its name and reports, as an hour ago. */
  introduce(): void;
  /** Reports from now on, at a time of its own within the pause that it promised. */
  start(): void;
  /** Its checks found something: an event at once, and a report. */
  raise(report: NodeReport, event: TimelineEvent): void;
}

export interface ThinMemberDeps extends Omit<ThinEdgesDeps, 'changed'> {
  readonly clock: Clock;
  readonly random: () => number;
  readonly population: Population;
  readonly epoch: string;
  readonly publish: Parameters<typeof createVoice>[0]['publish'];
  readonly onEdge: ThinEdgesDeps['changed'];
}

export function createThinMember(citizen: Citizen, deps: ThinMemberDeps): ThinMember {
  const { clock, random, population } = deps;
  const { name } = citizen;
  let report = (): NodeReport => quietReport(citizen, NOON);
  const voice = createVoice({
    keys: citizen.keys,
    clusterId: CLUSTER,
    node: name,
    epoch: deps.epoch,
    publish: deps.publish,
  });
  const neighbours = population.rings.neighbours(name);
  const isNeighbour = new Set(neighbours);
  const news = createEdgeNews({
    clock,
    node: name,
    members: () => population.rings.members.length,
    tell: (event) => voice.event(event),
  });
  const edges = createThinEdges({
    ...deps,
    changed(peer, state) {
      deps.onEdge(peer, state);
      if (!isNeighbour.has(peer.name)) return;
      news.changed({ peer: peer.prefix, ...(state !== undefined && { state }) });
      schedule.request();
    },
  });
  const sources = {
    node: name,
    clock,
    directory: { byName: (peer: string) => known(population.byName(peer)) },
    report: () => report(),
    store: () => ({ state: 'ok' as const, since: NOON - AGE_MS, message: '' }),
    edges: () => statedEdges(neighbours, edges),
    overlay: () => [],
    addresses: [citizen.address],
    keyIds: [CLUSTER_KEY.id],
    members: () => population.citizens.length,
    bootMs: -10 * AGE_MS,
  };
  const speak = (force: boolean): number | undefined =>
    voice.report(() => makeOwnReport(sources), force)?.report.heartbeatMs;
  const schedule = createReportSchedule({ clock, random, publish: speak });
  let pauseMs = 0;
  let isStarted = false;
  const begin = (): void => {
    if (!isStarted) schedule.start();
    isStarted = true;
  };
  return {
    citizen,
    edges,
    voice,
    introduce() {
      voice.speak(1);
      voice.claimName({ generation: 1 });
      pauseMs = speak(true) ?? 0;
    },
    start: () => void clock.after(pauseMs * random(), begin),
    raise(next, event) {
      report = () => next;
      voice.event(event);
      begin();
      schedule.request();
    },
  };
}

function statedEdges(neighbours: readonly string[], edges: ThinEdges): Edge[] {
  const probed = new Map(edges.views().map((edge) => [edge.peer, edge]));
  return neighbours.map((peer, place) => {
    const seen = probed.get(peer);
    return seen?.state === undefined ? calm(peer, place) : seen;
  });
}

/** What a thousand good answers have said. */
const calm = (peer: string, place: number): Edge => ({
  peer,
  state: 'good' satisfies EdgeState,
  sinceMs: -AGE_MS + 1000 * place,
  rttMs: 0.4 + place / 10,
  offset: { offsetMs: place / 10, uncertaintyMs: 0.3 },
  lossTo: 0,
  lossFrom: 0,
});

const known = ({ name, keys, prefix }: Citizen) => ({
  name,
  peerId: keys.peerId,
  author: keys.author,
  prefix,
  generation: 1,
});
