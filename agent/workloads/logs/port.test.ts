import { expect, it } from 'vitest';
import { createLog } from '../../base/log.ts';
import type { PodFacts, PodsView } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { aLog, aWatch } from '../../../checks/lib/logs/testing.ts';
import type { ToLogWorker } from './messages.ts';
import { type LogWorkerHooks, startLogs } from './port.ts';

const WATCH = aWatch({ maxSilenceSeconds: 60, initialDelaySeconds: 0 });
const LOG = aLog({ startedAt: Date.UTC(2026, 0, 1, 12, 0, 0) });

function setUp(pods?: () => PodsView) {
  const fake = createFakeClock();
  let skippedMs = 0;
  const clock = {
    ...fake,
    now: () => fake.now() + skippedMs,
    monotonic: () => fake.monotonic() + skippedMs,
    /** Time goes on, and no timer runs: a pause. */
    skip: (ms: number) => void (skippedMs += ms),
  };
  const workers: LogWorkerHooks[] = [];
  const sent: ToLogWorker[] = [];
  const logs = startLogs(
    '/var/log/pods',
    { watches: [WATCH], podNamespaces: ['prod'] },
    {
      clock,
      log: createLog('silent', 'test'),
      ...(pods !== undefined && { pods }),
      start(_data, hooks) {
        workers.push(hooks);
        return { send: (message) => void sent.push(message), stop: async () => {} };
      },
    },
  );
  return { clock, workers, sent, logs };
}

it('knows nothing before the first look, and what was seen then', () => {
  const { workers, logs } = setUp();
  expect(logs.view()).toMatchObject({ kind: 'unknown' });
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
  expect(logs.view()).toEqual({ kind: 'known', logs: [{ ...LOG, verdict: 'well', words: '', silentMs: 0 }] });
});

it('judges what it has at each look, and forgets what is gone', async () => {
  const { clock, workers, logs } = setUp();
  for (let second = 0; second < 70; second += 10) {
    workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG, { ...LOG, watch: 'nobody' }] });
    await clock.advance(10_000);
  }
  expect(logs.view()).toMatchObject({
    logs: [{ watch: 'worker', verdict: 'silent', words: 'it has written nothing for 70 s' }],
  });
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [] });
  expect(logs.view()).toEqual({ kind: 'known', logs: [] });
});

it('tells of each look, and where a reader began anew', async () => {
  const { clock, workers, logs } = setUp();
  const told: string[] = [];
  logs.onSeen((seen, isAnew) => void told.push(`${seen.length} ${isAnew}`));
  const seen = { kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] } as const;
  workers[0]?.onMessage(seen);
  workers[0]?.onMessage({ ...seen, logs: [] });
  workers[0]?.onEnd('out of memory');
  await clock.advance(10_000);
  workers[1]?.onMessage(seen);
  expect(told).toEqual(['1 true', '0 false', '1 true']);
});

it('does not know how logs stand that cannot be read', () => {
  const { workers, logs } = setUp();
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
  workers[0]?.onMessage({ kind: 'blind', why: 'ENOENT' });
  expect(logs.view()).toEqual({ kind: 'unknown', why: 'ENOENT' });
});

it('does not believe for long what a reader said that hangs', async () => {
  const { clock, workers, logs } = setUp();
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
  await clock.advance(10_000);
  expect(logs.view().kind).toBe('known');
  await clock.advance(10_000);
  expect(logs.view()).toEqual({ kind: 'unknown', why: 'the reader of logs has not answered for 20s' });
});

it('starts a reader that ended again, unless it was told to stop', async () => {
  const { clock, workers, logs } = setUp();
  workers[0]?.onEnd('exit code 1');
  expect(logs.view()).toEqual({ kind: 'unknown', why: 'the reader of logs ended: exit code 1' });
  await clock.advance(10_000);
  expect(workers).toHaveLength(2);
  await logs.stop();
  workers[1]?.onEnd('exit code 1');
  await clock.advance(60_000);
  expect(workers).toHaveLength(2);
});

it('knows by the Kubernetes API what has ended and is kept, and takes the rest to run', async () => {
  const pod = (uid: string, phase: PodFacts['phase'], hasEnded = false): PodFacts => ({
    namespace: 'prod',
    name: uid,
    uid,
    phase,
    isDeleting: false,
    isReady: false,
    containers: [{ name: 'main', restarts: 0, ...(hasEnded && { hasEnded: true as const }) }],
  });
  const pods = [pod('ok', 'Running'), pod('job', 'Succeeded'), pod('evicted', 'Failed'), pod('init', 'Running', true)];
  let view: PodsView = { kind: 'known', pods };
  const { clock, workers, logs } = setUp(() => view);
  const verdicts = (): string[] => {
    const seen = logs.view();
    return seen.kind === 'known' ? seen.logs.map(({ podUid, verdict }) => `${podUid} ${verdict}`) : [seen.why];
  };
  const all = ['ok', 'job', 'evicted', 'init', 'nobody'].map((podUid) => ({ ...LOG, podUid }));
  await clock.advance(120_000);
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: all });
  expect(verdicts()).toEqual(['ok silent', 'job ended', 'evicted ended', 'init ended', 'nobody silent']);
  view = { kind: 'unknown', why: '403' };
  expect(verdicts()).toEqual(all.map(({ podUid }) => `${podUid} silent`));
});

it('takes what is gone from the API for a minute for ended, and what has another pod’s name', async () => {
  const pod = (name: string, uid: string, more: Partial<PodFacts> = {}): PodFacts => ({
    namespace: 'prod',
    name,
    uid,
    phase: 'Running',
    isDeleting: false,
    isReady: true,
    containers: [],
    ...more,
  });
  let view: PodsView = {
    kind: 'known',
    pods: [pod('db-0', 'uid-new'), pod('static', 'uid-m', { configHash: 'abcd' })],
  };
  const { clock, workers, logs } = setUp(() => view);
  const verdicts = (): string[] => {
    const written = all.map((one) => ({ ...one, lastWriteAt: clock.now() }));
    workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: written });
    const seen = logs.view();
    return seen.kind === 'known' ? seen.logs.map(({ podUid, verdict }) => `${podUid} ${verdict}`) : [seen.why];
  };
  const log = (name: string, podUid: string, startedMs = 0, namespace = 'prod') => ({
    ...LOG,
    namespace,
    podUid,
    pod: name,
    startedAt: LOG.startedAt - 60_000 + startedMs,
  });
  const all = [
    log('db-0', 'uid-old'),
    log('db-0', 'uid-new', 5000),
    log('static', 'abcd'),
    log('unheard', 'ffff'),
    log('gone', 'uid-gone'),
    log('else', 'uid-else', 0, 'dev'),
  ];
  const rest = ['uid-new well', 'abcd well', 'ffff well'];
  expect(verdicts()).toEqual(['uid-old ended', ...rest, 'uid-gone well', 'uid-else well']);
  await clock.advance(59_000);
  expect(verdicts()).toEqual(['uid-old ended', ...rest, 'uid-gone well', 'uid-else well']);
  // The API cannot be asked: nothing is known from then on.
  const known = view;
  view = { kind: 'unknown', why: '403' };
  expect(verdicts()).toEqual(['uid-old ended', ...rest, 'uid-gone well', 'uid-else well']);
  view = known;
  expect(verdicts()).toEqual(['uid-old ended', ...rest, 'uid-gone well', 'uid-else well']);
  await clock.advance(60_000);
  expect(verdicts()).toEqual(['uid-old ended', ...rest, 'uid-gone ended', 'uid-else well']);
});

it('tells how many logs are wanted and not followed', () => {
  const { workers, logs } = setUp();
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 3, logs: [] });
  expect(logs.view()).toEqual({ kind: 'known', logs: [], unfollowed: 3 });
});

const OF = { namespace: 'prod', pod: 'api', uid: 'u', container: 'app', run: 0 };
const TAILS = { logs: [], missing: ['log of run 0: the kubelet has removed it already'] };

it('asks for the ends of logs, and waits for three seconds at most', async () => {
  const { clock, workers, sent, logs } = setUp();
  const [answered, late] = [logs.tails(OF), logs.tails(OF)];
  expect(sent).toEqual([
    { kind: 'tails', id: 1, of: OF },
    { kind: 'tails', id: 2, of: OF },
  ]);
  workers[0]?.onMessage({ kind: 'tails', id: 1, tails: TAILS });
  expect(await answered).toEqual(TAILS);
  await clock.advance(3000);
  expect(await late).toEqual({ logs: [], missing: ['log: the reader of logs did not answer within 3s'] });
  workers[0]?.onMessage({ kind: 'tails', id: 2, tails: TAILS });
});

it('says that a reader ended which was asked', async () => {
  const { workers, logs } = setUp();
  const asked = logs.tails(OF);
  workers[0]?.onEnd('exit code 1');
  const why = 'log: the reader of logs ended: exit code 1';
  expect([await asked, await logs.tails(OF)]).toEqual([
    { logs: [], missing: [why] },
    { logs: [], missing: [why] },
  ]);
  expect(logs.blind()).toBe('the reader of logs ended: exit code 1');
});

it('tells who was started again', () => {
  const { workers, logs } = setUp();
  const told: string[] = [];
  logs.onRestart(({ pod, run }) => told.push(`${pod} ${run}`));
  const restart = { namespace: 'prod', pod: 'api', uid: 'u', container: 'app', run: 3 };
  workers[0]?.onMessage({ kind: 'seen', unfollowed: 0, logs: [], restarts: [restart] });
  expect(told).toEqual(['api 3']);
});

it('takes nobody for silent who was paused with it', async () => {
  const { clock, workers, logs } = setUp();
  const seen = (): void =>
    workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [{ ...LOG, lastWriteAt: clock.now() }] });
  seen();
  // Looks late, as after a pause: no timer has run.
  const before = logs.view();
  clock.skip(10 * 60_000);
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
  expect([before, logs.view()]).toMatchObject([{ logs: [{ verdict: 'well' }] }, { logs: [{ verdict: 'well' }] }]);
  for (let second = 0; second < 70; second += 10) {
    workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
    await clock.advance(10_000);
  }
  workers[0]?.onMessage({ kind: 'seen', restarts: [], unfollowed: 0, logs: [LOG] });
  expect(logs.view()).toMatchObject({ logs: [{ verdict: 'silent' }] });
});
