/** Scenes of failures as text: what ended, how, its last lines, and what the node looked like then. */
import { endWordsOf, placeOfIncident } from '../model/scene.ts';
import { formatDuration, formatInstant } from '../model/text.ts';
import type { ApiScene, ApiSceneInShort, ApiScenes } from './contract/scenes.ts';
import { renderTable } from './table.ts';
import { end, formatValue } from './text-values.ts';

export function renderScenes({ scenes }: ApiScenes, now: number): string {
  if (scenes.length === 0) return 'No scene of a failure is kept.\n';
  const rows = scenes.map((one) => [
    one.id,
    formatInstant(Date.parse(one.at), now),
    `${one.node}${one.held === 'away' ? ' (not connected)' : ''}`,
    placeOfIncident(one),
    `${endOf(one)}${one.reduced ? '; seen by its log alone' : ''}`,
  ]);
  return end(renderTable([['ID', 'WHEN', 'NODE', 'CONTAINER', 'WHAT'], ...rows]));
}

export function renderScene(scene: ApiScene, now: number): string {
  const { id, node, at, notKept, missing } = scene;
  const [last, ...beside] = scene.logs;
  return end([
    `${placeOfIncident(scene)} on ${node}: ${endOf(scene)}`,
    `  noticed ${formatInstant(Date.parse(at), now)}${scene.run === undefined ? '' : `, in run ${scene.run}`}, scene ${id}`,
    ...(notKept > 0 ? [`  ${notKept} failures of the pod since the scene before are not kept`] : []),
    '',
    ...(last === undefined ? ['THERE ARE NO LAST LINES; see below why'] : renderLog('LAST LINES', last)),
    ...beside.flatMap((log) => [
      '',
      ...renderLog(log.run > (last?.run ?? 0) ? 'THE RUN AFTER' : 'THE RUN BEFORE', log),
    ]),
    '',
    ...renderPod(scene, now),
    '',
    ...renderPodEvents(scene, now),
    ...renderNode(scene, now),
    ...(missing.length > 0 ? ['', 'NOT LOOKED AT', ...missing.map((why) => `  ${why}`)] : []),
  ]);
}

const endOf = ({ cause, exitCode, reason, ranSeconds }: ApiSceneInShort | ApiScene): string =>
  endWordsOf({
    cause,
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(ranSeconds !== undefined && { ranMs: ranSeconds * 1000 }),
  });

type Log = ApiScene['logs'][number];

function renderLog(title: string, { container, run, lines, cut, maskedLines, unreadableLines }: Log): string[] {
  const notes = [
    `container ${container}, run ${run}`,
    ...(cut ? ['lines before these are left out'] : []),
    ...(maskedLines > 0 ? [`${maskedLines} with something masked`] : []),
    ...(unreadableLines > 0 ? [`${unreadableLines} more in a form that is not known`] : []),
  ];
  const shown = lines.map(
    ({ at, stream, text }) => `  ${at.slice(11, 23)} ${stream === 'stderr' ? 'err' : 'out'}  ${text}`,
  );
  return [`${title} (${notes.join('; ')})`, ...(shown.length > 0 ? shown : ['  it wrote nothing'])];
}

function renderPod({ podStatus }: ApiScene, now: number): string[] {
  if (podStatus === undefined) return ['POD', '  the Kubernetes API said nothing of it'];
  const { phase, ready, because, conditions, containers, omittedContainers } = podStatus;
  return [
    `POD  ${phase}, ${ready ? 'ready' : 'not ready'}${because === undefined ? '' : `: ${because}`}`,
    ...renderTable(
      conditions.map(({ type, status, since, because: why }) => [
        type,
        status,
        since === undefined ? '' : `since ${formatInstant(Date.parse(since), now)}`,
        why ?? '',
      ]),
      '  ',
    ),
    ...containers.flatMap((container) => renderContainer(container, now)),
    ...(omittedContainers > 0 ? [`  and ${omittedContainers} more containers`] : []),
  ];
}

function renderPodEvents({ events }: ApiScene, now: number): string[] {
  if (events === undefined) return [];
  const rows = events.map(({ at, type, reason, message, component, occurrences }) => [
    formatInstant(Date.parse(at), now),
    type,
    `${reason}${occurrences > 1 ? ` ×${occurrences}` : ''}`,
    `${message} (${component})`,
  ]);
  return ['EVENTS OF THE POD IN THE HOUR BEFORE', ...(rows.length === 0 ? ['  none'] : renderTable(rows, '  ')), ''];
}

type Container = NonNullable<ApiScene['podStatus']>['containers'][number];

function renderContainer(
  { name, state, restarts, waiting, ended, image, imageId, limits }: Container,
  now: number,
): string[] {
  const times = `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  const bounds = Object.entries(limits ?? {}).map(([key, value]) => `${key} ${value}`);
  return [
    `  container ${name}: ${state}${waiting === undefined ? '' : `, ${waiting}`}; ${times}`,
    ...(ended === undefined ? [] : [`    ended last with ${lastEnd(ended, now)}`]),
    ...(ended?.message === undefined ? [] : [`    and left: ${ended.message}`]),
    ...(image === undefined ? [] : [`    image ${image}${imageId === undefined ? '' : ` (${imageId})`}`]),
    `    limits ${bounds.length === 0 ? 'none' : bounds.join(', ')}`,
  ];
}

function lastEnd(
  { exitCode, signal, reason, ranSeconds, finishedAt }: NonNullable<Container['ended']>,
  now: number,
): string {
  return [
    `exit code ${exitCode}${reason === undefined ? '' : ` (${reason})`}`,
    ...(signal === undefined ? [] : [`by signal ${signal}`]),
    ...(ranSeconds === undefined ? [] : [`after ${formatDuration(ranSeconds * 1000)}`]),
    ...(finishedAt === undefined ? [] : [`at ${formatInstant(Date.parse(finishedAt), now)}`]),
  ].join(' ');
}

function renderNode({ node, nodeThen }: ApiScene, now: number): string[] {
  const { sentence, findings, component, members, checks, readings, changes } = nodeThen;
  const ill = checks.filter(({ status }) => status === 'problem' || status === 'unknown');
  const fine = checks.filter(({ status }) => status === 'ok').length;
  return [
    `NODE ${node} THEN`,
    `  ${sentence}`,
    ...findings.filter((finding) => finding !== sentence).map((finding) => `  ${finding}`),
    ...(component === undefined ? [] : [`  connected to ${component} of ${members} members, itself included`]),
    `  ${fine} ${fine === 1 ? 'check was' : 'checks were'} fine${ill.length === 0 ? '' : ', others not:'}`,
    ...ill.flatMap(({ check, status, words }) => [`    ${check} ${status}`, ...words.map((one) => `      ${one}`)]),
    ...renderTable(
      readings.map(({ check, name, subject = '', value }) => [check, name, subject, formatValue(name, value)]),
      '  ',
    ),
    '',
    'CHANGES OF THE NODE IN THE 15 MINUTES BEFORE',
    ...(changes.length === 0
      ? ['  none']
      : changes.map(({ at, words }) => `  ${formatInstant(Date.parse(at), now)}  ${words}`)),
  ];
}
