import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../test/lib/fake-clock.ts';
import { NOON, aDiagnosis, aState } from '../test/lib/fixtures.ts';
import type { PodFacts, PodsView } from '../checks/types.ts';
import { loadConfig } from './base/config.ts';
import { createLog } from './base/log.ts';
import { type JoinedScenes, createJoinedScenes } from './joined-scenes.ts';
import type { Note, Telling } from './model/board.ts';
import type { StoreAnswer } from './model/history.ts';
import type { ContainerLiveness } from './model/liveness.ts';
import type { Incident, Scene } from './model/scene.ts';
import type { SeenRestart } from './workloads/scenes/run-watch.ts';

const configOf = (args: readonly string[] = []) =>
  loadConfig([], {
    args,
    env: {},
    readFile: () => {
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    },
    hostname: 'w1',
    home: '/root',
    uid: 0,
  });
const aPod = (more: Partial<PodFacts['containers'][number]>): PodFacts => ({
  namespace: 'kube-system',
  name: 'dns',
  uid: 'u1',
  phase: 'Running',
  isDeleting: false,
  isReady: true,
  containers: [{ name: 'app', restarts: 0, ...more }],
});
const anIncident = (id: string, at: number): Incident => ({
  id,
  at,
  namespace: 'kube-system',
  pod: 'old',
  container: 'app',
  cause: 'ended',
  isReduced: false,
});
const unavailable = { kind: 'unavailable', message: 'the disk is away' } as const;

let clock: FakeClock;
let view: PodsView;
let dead: ContainerLiveness[];
let stored: Scene[];
let earlier: StoreAnswer<readonly Incident[]>;
let told: unknown[][];
let telling: Telling;
let notes: Note[];
let noticed: string[];
let uptimeMs: number;
let restart: (seen: SeenRestart) => void;
let scenes: JoinedScenes;

beforeEach(() => {
  clock = createFakeClock();
  [dead, stored, told, notes, noticed] = [[], [], [], [], []];
  view = { kind: 'known', pods: [aPod({ isRunning: true })] };
  earlier = { kind: 'answer', value: [] };
  telling = 'told';
  uptimeMs = 86_400_000;
});
function begin(args: readonly string[] = []): JoinedScenes {
  const made = createJoinedScenes(configOf(args), {
    clock,
    log: createLog('silent', 'w1'),
    logs: {
      blind: () => undefined,
      tails: () => Promise.resolve({ logs: [], missing: [] }),
      onRestart: (listener) => (restart = listener),
    },
    pods: () => view,
    liveness: () => dead,
    events: undefined,
    store: {
      saveScene: (scene) => void stored.push(scene),
      incidents: () => Promise.resolve(earlier),
      scene: (id) =>
        Promise.resolve(
          earlier.kind === 'unavailable' ? earlier : { kind: 'answer', value: stored.filter((one) => one.id === id) },
        ),
      timeline: () => Promise.resolve(unavailable),
    },
    knowledge: { state: () => aState([]), diagnosis: () => aDiagnosis() },
    board: () => ({
      tell(_topic, items) {
        if (telling === 'told') told.push([...items]);
        return telling;
      },
      notes: () => notes,
    }),
    notice: (message) => void noticed.push(message),
    uptimeMs: () => uptimeMs,
  });
  if (made === undefined) throw new Error('nobody wants scenes');
  scenes = made;
  scenes.start();
  return scenes;
}
const crash = async (): Promise<void> => {
  await clock.advance(1000);
  view = { kind: 'known', pods: [aPod({ ended: { exitCode: 3, reason: 'Error', ranMs: 5000 } })] };
  await clock.advance(1000);
};

it('are nobody’s where nobody wants them', () => {
  expect(createJoinedScenes(configOf(['--scenes.enabled', 'false']), {} as never)).toBeUndefined();
});

describe('a crash', () => {
  it('is stored, written into the timeline and told to all', async () => {
    begin();
    await crash();
    expect(stored).toMatchObject([{ cause: 'ended', exitCode: 3 }]);
    expect(stored[0]?.missing).toContain('changes of the last 15 minutes: the disk is away');
    expect(noticed).toEqual([
      `scene of kube-system/dns/app kept: exit code 3 (Error) after 5s (meerkat scene show ${stored[0]?.id})`,
    ]);
    expect(told).toEqual([[[stored[0]?.id, 0, 'kube-system', 'dns', 'app', 'ended', 0, 0, 3, 'Error', 5000]]]);
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it('is noticed by its log alone while the API is away', async () => {
    begin();
    await clock.advance(1000);
    view = { kind: 'unknown', why: 'it has said nothing for 4m' };
    restart({ namespace: 'kube-system', pod: 'dns', uid: 'u1', container: 'app', run: 0 });
    await clock.advance(1000);
    expect(stored).toMatchObject([{ cause: 'restarted', isReduced: true }]);
    // When the API is back it tells the same.
    await crash();
    expect(stored).toHaveLength(1);
  });

  it('is none where the node has just booted; what crashes then is', async () => {
    uptimeMs = 60_000;
    begin();
    await clock.advance(1000);
    restart({ namespace: 'kube-system', pod: 'proxy', uid: 'u2', container: 'app', run: 3 });
    await crash();
    expect(stored.map(({ pod, cause }) => `${pod} ${cause}`)).toEqual(['dns ended']);
  });

  it('is told again a while later where it could not be told', async () => {
    begin();
    telling = 'busy';
    await crash();
    expect(told).toEqual([]);
    telling = 'told';
    await clock.advance(6000);
    expect(told).toHaveLength(1);
  });

  it('can be read while the disk is away', async () => {
    begin();
    await crash();
    earlier = unavailable;
    const id = stored[0]?.id ?? '';
    expect(await scenes.read(id)).toMatchObject({ kind: 'answer', value: { id } });
    expect(await scenes.own(10)).toMatchObject([{ id }]);
    expect(await scenes.read('another')).toEqual(unavailable);
  });
});

describe('what an earlier run kept', () => {
  const OLD = anIncident('20260101T110000-000001', NOON - 3_600_000);

  it('is told before anything happens, and not while it is not known', async () => {
    earlier = unavailable;
    begin();
    await clock.advance(5000);
    await crash();
    expect(told).toEqual([]);
    earlier = { kind: 'answer', value: [OLD] };
    await clock.advance(20_000);
    expect(told).toHaveLength(1);
    expect(told[0]?.map((item) => (item as unknown[])[0])).toEqual([stored[0]?.id, OLD.id]);
  });

  it('is taken back where it is gone, or too old', async () => {
    notes = [{ node: 'w1', isOwn: true, isCurrent: true, ageMs: 0, items: [['x']] }];
    begin();
    await clock.advance(2000);
    expect(told).toEqual([[]]);
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it('goes after so many days', async () => {
    earlier = { kind: 'answer', value: [OLD] };
    begin(['--scenes.days', '1']);
    await clock.advance(2000);
    await clock.advance(23 * 3_600_000);
    expect(told.map(({ length }) => length)).toEqual([1, 0]);
  });
});

it('knows what others have, and not what it said itself', () => {
  const item = ['20260101T110000-000001', 5000, 'prod', 'api', 'app', 'ended', 0, 2, 1, 'Error', 100];
  notes = [
    { node: 'w1', isOwn: true, isCurrent: true, ageMs: 0, items: [item] },
    { node: 'w2', isOwn: false, isCurrent: false, ageMs: 1000, items: [item, 'nonsense'] },
  ];
  expect(begin().ofOthers()).toMatchObject([{ node: 'w2', isConnected: false, at: NOON - 6000, pod: 'api' }]);
  expect(scenes.holderOf('20260101T110000-000001')).toMatchObject({ node: 'w2' });
  expect(scenes.holderOf('20260101T110000-000002')).toBeUndefined();
});

it('keeps the scene of what is called dead, once, where its namespace is wanted', async () => {
  begin();
  await clock.advance(1000);
  const one = { container: 'app', watch: 'w', state: 'dead', why: '', since: NOON } as const;
  dead = [
    { ...one, namespace: 'kube-system', pod: 'dns' },
    { ...one, namespace: 'prod', pod: 'api' },
  ];
  await clock.advance(30_000);
  expect(stored).toMatchObject([{ cause: 'dead', pod: 'dns' }]);
  expect(noticed[0]).toContain('its log says that it is dead');
});
