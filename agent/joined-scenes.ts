/** The scenes of failures on this node, wired to what the agent sees, to the store and to the others. */
import { uptime } from 'node:os';
import type { PodsView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { systemRandom } from './base/random.ts';
import type { Board } from './model/board.ts';
import type { ClusterEventsPort } from './model/cluster-event.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { Diagnosis } from './model/finding.ts';
import type { ContainerLiveness } from './model/liveness.ts';
import { type Incident, type Scene, type ScenePort, endWordsOf, incidentOf, placeOfIncident } from './model/scene.ts';
import type { Store } from './store/store.ts';
import type { SceneLogs } from './workloads/logs/port.ts';
import { sceneNodeOf } from './workloads/scenes/content.ts';
import { createSceneDesk } from './workloads/scenes/desk.ts';
import { fairShare } from './workloads/scenes/fair-share.ts';
import { idIn, readIncidents, writeIncidents } from './workloads/scenes/incidents.ts';
import { names, sceneNamespaces, whyNotAsked } from './workloads/scenes/namespaces.ts';
import { podEventsOf } from './workloads/scenes/pod-events.ts';
import { type Failure, createPodWatch } from './workloads/scenes/pod-watch.ts';

export interface JoinedScenesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly logs: SceneLogs;
  readonly pods: () => PodsView;
  /** Undefined: nobody reads them. */
  readonly events: Pick<ClusterEventsPort, 'events'> | undefined;
  readonly liveness: () => readonly ContainerLiveness[];
  readonly store: Pick<Store, 'saveScene' | 'incidents' | 'scene' | 'timeline'>;
  readonly knowledge: { readonly state: () => ClusterState; readonly diagnosis: () => Diagnosis };
  /** Undefined: without a mesh. */
  readonly board: () => Board | undefined;
  /** Into the own log, and to the others. */
  readonly notice: (message: string) => void;
  /** Of the host, ms. Default: as the kernel tells it. */
  readonly uptimeMs?: () => number;
}

export interface JoinedScenes extends ScenePort {
  /** Begins to look. Call it when the store is open. */
  start(): void;
  stop(): void;
}

const LOOK_MS = 1000;
const CHANGES_MS = 15 * 60_000;
const MOST_CHANGES = 60;
/** That many are known without asking the store. */
const MOST_OWN = 64;
/** Whole ones, for as long as the store may not answer. */
const MOST_WHOLE = 4;
const RECALL_MS = 10_000;
const TELL_MS = 5000;
const DAY_MS = 86_400_000;
/** A node that boots starts every container again, and none of them has failed. */
const BOOT_MS = 300_000;

/** Undefined: nobody wants them. */
export function createJoinedScenes(config: Config, deps: JoinedScenesDeps): JoinedScenes | undefined {
  return config.scenes.enabled ? new SceneKeeper(config, deps) : undefined;
}

class SceneKeeper implements JoinedScenes {
  readonly #config: Config;
  readonly #deps: JoinedScenesDeps;
  readonly #desk: ReturnType<typeof createSceneDesk>;
  readonly #podWatch: ReturnType<typeof createPodWatch>;
  /** Newest first. */
  #own: readonly Incident[] = [];
  #whole: readonly Scene[] = [];
  #dead: ReadonlySet<string> = new Set();
  #recallAt = 0;
  #isRecalling = false;
  #tellAt = 0;
  /** What was told last; undefined: nothing by this run. */
  #told: string | undefined;
  #stop = (): void => {};

  constructor(config: Config, deps: JoinedScenesDeps) {
    const { clock, logs, pods } = deps;
    this.#config = config;
    this.#deps = deps;
    const namespaces = sceneNamespaces(config);
    this.#podWatch = createPodWatch({
      isWanted: (namespace) => names(namespaces, namespace),
      monotonic: () => clock.monotonic(),
    });
    this.#desk = createSceneDesk({
      clock,
      self: config.node.name,
      random: systemRandom,
      pods,
      whyNotAsked: (namespace) => whyNotAsked(config, namespace),
      tails: (of) => logs.tails(of),
      surroundings: () => this.#surroundings(),
      events: (of) => podEventsOf(of, { clock, port: deps.events }),
      keep: (scene) => this.#keep(scene),
    });
    logs.onRestart((restart) => this.#failed({ ...restart, cause: 'restarted' }));
  }

  start(): void {
    this.#stop = this.#deps.clock.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#stop();
  }

  async own(limit: number): Promise<readonly Incident[]> {
    const answer = await this.#deps.store.incidents(limit);
    if (answer.kind === 'unavailable') return this.#own.slice(0, limit);
    // The last ones may still be on their way there.
    const stored = new Set(answer.value.map(({ id }) => id));
    const waiting = this.#whole.filter(({ id }) => !stored.has(id)).map(incidentOf);
    return [...waiting, ...answer.value].toSorted((a, b) => b.at - a.at).slice(0, limit);
  }

  ofOthers(): ReturnType<ScenePort['ofOthers']> {
    const now = this.#deps.clock.now();
    const notes = this.#deps.board()?.notes('incidents') ?? [];
    return notes.filter(({ isOwn }) => !isOwn).flatMap((note) => readIncidents(note, now));
  }

  holderOf(id: string): ReturnType<ScenePort['holderOf']> {
    const notes = this.#deps.board()?.notes('incidents') ?? [];
    const note = notes.find(({ isOwn, items }) => !isOwn && items.some((item) => idIn(item) === id));
    return note && readIncidents(note, this.#deps.clock.now()).find((incident) => incident.id === id);
  }

  async read(id: string): ReturnType<ScenePort['read']> {
    const known = this.#whole.find((scene) => scene.id === id);
    if (known !== undefined) return { kind: 'answer', value: known };
    const answer = await this.#deps.store.scene(id);
    return answer.kind === 'unavailable' ? answer : { kind: 'answer', value: answer.value[0] };
  }

  capture(...[place]: Parameters<ScenePort['capture']>): ReturnType<ScenePort['capture']> {
    return this.#desk.ask(place);
  }

  #look(): void {
    void this.#recall();
    const view = this.#deps.pods();
    if (view.kind === 'known') for (const failure of this.#podWatch.look(view.pods)) this.#failed(failure);
    this.#lookAtLiveness();
    this.#tell();
  }

  #failed(failure: Failure): void {
    const { uptimeMs = () => uptime() * 1000 } = this.#deps;
    if (failure.cause !== 'restarted' || uptimeMs() > BOOT_MS) this.#desk.failed(failure);
  }

  /** What is newly called dead is about to be restarted. */
  #lookAtLiveness(): void {
    const dead = this.#deps.liveness().filter(({ state }) => state === 'dead');
    const namespaces = sceneNamespaces(this.#config);
    for (const one of dead) {
      const { namespace, pod, container } = one;
      if (this.#dead.has(placeOfIncident(one)) || !names(namespaces, namespace)) continue;
      this.#desk.failed({ namespace, pod, container, uid: undefined, run: undefined, cause: 'dead' });
    }
    this.#dead = new Set(dead.map(placeOfIncident));
  }

  /** What earlier runs kept: until it is known nothing is told, or the others would forget it. */
  async #recall(): Promise<void> {
    const { clock, store } = this.#deps;
    if (this.#isRecalling || clock.monotonic() < this.#recallAt) return;
    this.#isRecalling = true;
    const answer = await store.incidents(MOST_OWN);
    this.#isRecalling = false;
    this.#recallAt = clock.monotonic() + RECALL_MS;
    if (answer.kind === 'unavailable') return;
    this.#recallAt = Infinity;
    const known = new Set(this.#own.map(({ id }) => id));
    const earlier = answer.value.filter(({ id }) => !known.has(id));
    this.#desk.recall(earlier);
    this.#own = fairShare([...this.#own, ...earlier], MOST_OWN);
  }

  #keep(scene: Scene): void {
    const { store, log, notice } = this.#deps;
    const incident = incidentOf(scene);
    this.#own = fairShare([incident, ...this.#own], MOST_OWN);
    this.#whole = [scene, ...this.#whole].slice(0, MOST_WHOLE);
    store.saveScene(scene);
    const place = placeOfIncident(scene);
    log.info(
      { scene: scene.id, place, cause: scene.cause, reduced: scene.isReduced },
      'the scene of a failure is kept',
    );
    notice(`scene of ${place} kept: ${endWordsOf(scene)} (meerkat scene show ${scene.id})`);
    this.#tell();
  }

  #tell(): void {
    const { clock } = this.#deps;
    const board = this.#deps.board();
    if (board === undefined || this.#recallAt < Infinity || clock.monotonic() < this.#tellAt) return;
    const oldest = clock.now() - this.#config.scenes.days * DAY_MS;
    const current = this.#own.filter(({ at }) => at > oldest);
    const gist = current.map(({ id }) => id).join();
    const isFirst = this.#told === undefined;
    // What an earlier run of this agent told stands until something else is told.
    if (gist === (this.#told ?? '') && !(isFirst && board.notes('incidents').some(({ isOwn }) => isOwn))) return;
    if (board.tell('incidents', writeIncidents(current, clock.now())) === 'told') this.#told = gist;
    else this.#tellAt = clock.monotonic() + TELL_MS;
  }

  async #surroundings() {
    const { clock, store, knowledge } = this.#deps;
    const [state, diagnosis, now] = [knowledge.state(), knowledge.diagnosis(), clock.now()];
    const { name: node } = this.#config.node;
    const answer = await store.timeline({ from: now - CHANGES_MS, to: now + 1, node, limit: MOST_CHANGES });
    const events = answer.kind === 'answer' ? answer.value : [];
    const missing = answer.kind === 'answer' ? [] : [`changes of the last 15 minutes: ${answer.message}`];
    return { node: sceneNodeOf(state, diagnosis, events), missing };
  }
}
