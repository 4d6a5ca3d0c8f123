/** What a scene says, within its bounds and without secrets. Pure. */
import type { ContainerFacts, PodFacts } from '../../../checks/types.ts';
import type { ClusterState } from '../../model/cluster-state.ts';
import type { Diagnosis } from '../../model/finding.ts';
import type { CheckResult } from '../../model/report.ts';
import type { Scene, SceneChange, SceneCheck, SceneLog, SceneNode, ScenePod, SceneReading } from '../../model/scene.ts';
import { cleanText } from '../../model/text.ts';
import type { StoredEvent, TimelineEvent } from '../../model/timeline.ts';
import { redactLine } from './redact.ts';

/** A pod has a handful. */
const MOST_CONTAINERS = 12;
const MOST_CHECKS = 64;
const MOST_WORDS = 4;
const MOST_FINDINGS = 10;
const MOST_READINGS = 64;
const MOST_CHANGES = 60;
const MOST_TEXT = 400;
/** Of a text of which that much is shown. */
const MOST_READ = 16 * 1024;
/** As JSON; the store keeps at most a quarter of a mebibyte when it is packed, whatever the text is. */
export const MOST_SCENE_BYTES = 240 * 1024;
/** What the node was short of, perhaps. */
const PRESSURE: ReadonlySet<string> = new Set([
  'cpu-pressure',
  'memory-pressure',
  'disk-space',
  'disk-latency',
  'pids',
  'file-handles',
]);

/** Cut at last: of a secret that is cut before nobody can tell what it is. */
const words = (text: string): string => cleanText(redactLine(cleanText(text, MOST_READ)), MOST_TEXT);

/** What the API says of the pod. @param first the container that it is about */
export function scenePodOf(
  { phase, isReady, because, conditions = [], containers }: PodFacts,
  first: string,
): ScenePod {
  const sorted = [
    ...containers.filter(({ name }) => name === first),
    ...containers.filter(({ name }) => name !== first),
  ].map(withoutSecrets);
  return {
    phase,
    isReady,
    ...(because !== undefined && { because: words(because) }),
    conditions: conditions.map((one) => ({
      ...one,
      ...(one.because !== undefined && { because: words(one.because) }),
    })),
    containers: sorted.slice(0, MOST_CONTAINERS),
    omittedContainers: Math.max(0, sorted.length - MOST_CONTAINERS),
  };
}

/** Field by field: what is added to the facts later is not in a scene until somebody wants it there. */
function withoutSecrets(container: ContainerFacts): ContainerFacts {
  const { name, restarts, waiting, isRunning, ended, image, imageId, limits } = container;
  return {
    name,
    restarts,
    ...(waiting !== undefined && {
      waiting: {
        reason: waiting.reason,
        ...(waiting.message !== undefined && { message: words(waiting.message) }),
      },
    }),
    ...(isRunning !== undefined && { isRunning }),
    ...(ended !== undefined && {
      ended: { ...ended, ...(ended.message !== undefined && { message: redactLine(ended.message) }) },
    }),
    ...(image !== undefined && { image }),
    ...(imageId !== undefined && { imageId }),
    ...(limits !== undefined && { limits }),
  };
}

/** What the node looks like now. @param events of the last minutes, newest first */
export function sceneNodeOf(state: ClusterState, diagnosis: Diagnosis, events: readonly StoredEvent[]): SceneNode {
  const { self, nodes } = state;
  const results = nodes.find(({ report }) => report.node === self)?.report.results ?? [];
  const { status, sentence, view, findings } = diagnosis;
  const ofNode = findings.filter(({ node, nodes: all }) => node === self || all?.includes(self) === true);
  return {
    status,
    sentence: words(sentence),
    findings: ofNode.slice(0, MOST_FINDINGS).map((finding) => words(finding.sentence)),
    ...(view.component !== undefined && { component: view.component }),
    members: view.members,
    checks: results.slice(0, MOST_CHECKS).map(checkOf),
    readings: results
      .filter(({ check }) => PRESSURE.has(check))
      .flatMap(readingsOf)
      .slice(0, MOST_READINGS),
    changes: events.slice(0, MOST_CHANGES).map(changeOf).toReversed(),
  };
}

const checkOf = ({ check, status, problems, why }: CheckResult): SceneCheck => ({
  check,
  status,
  words: [
    ...problems.slice(0, MOST_WORDS).map(({ message }) => words(message)),
    ...(why === undefined ? [] : [words(why)]),
  ],
});

const readingsOf = ({ check, readings }: CheckResult): SceneReading[] =>
  readings.map(({ name, subject, value }) => ({ check, name, value, ...(subject !== undefined && { subject }) }));

const changeOf = (event: TimelineEvent): SceneChange => ({ at: event.at, words: words(sayingOf(event)) });

function sayingOf(event: TimelineEvent): string {
  if (event.kind === 'raised' || event.kind === 'cleared') return `${event.kind} ${event.check}: ${event.message}`;
  if (event.kind === 'changed') return `${event.check} ${event.from} -> ${event.to}: ${event.message}`;
  if (event.kind === 'concluded') return `concluded: ${event.message}`;
  return event.kind === 'resolved' ? `over: ${event.message}` : event.message;
}

/** Leaves out the oldest lines of its longest log while it is too long. */
export function fitted(scene: Scene): Scene {
  let { logs } = scene;
  const size = (): number => Buffer.byteLength(JSON.stringify({ ...scene, logs }));
  for (let bytes = size(); bytes > MOST_SCENE_BYTES; bytes = size()) {
    const longest = logs.reduce<SceneLog | undefined>(
      (one, other) => (other.lines.length > (one?.lines.length ?? 0) ? other : one),
      undefined,
    );
    if (longest === undefined) break;
    logs = logs.map((log) =>
      log === longest ? { ...log, isCut: true, lines: log.lines.slice(Math.ceil(log.lines.length / 4)) } : log,
    );
  }
  return { ...scene, logs };
}
