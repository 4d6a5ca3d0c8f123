import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { LogsPort } from './port.ts';
import { startLogsWhenThere } from './when-there.ts';

const OF = { namespace: 'prod', pod: 'api', uid: undefined, container: '', run: undefined };
const TAILS = { logs: [], missing: [] };

function setUp(isThere: () => Promise<boolean>) {
  const clock = createFakeClock();
  const state = { started: 0, stopped: 0, listeners: 0 };
  const port: LogsPort = {
    view: () => ({ kind: 'known', logs: [] }),
    blind: () => undefined,
    tails: () => Promise.resolve(TAILS),
    onRestart: () => void (state.listeners += 1),
    onSeen: () => {},
    stop: async () => void (state.stopped += 1),
  };
  const start = (): LogsPort => {
    state.started += 1;
    return port;
  };
  return { clock, state, logs: startLogsWhenThere('/var/log/pods', start, { clock, isThere }) };
}

it('starts no thread where there is nothing to read, and says so', async () => {
  const { clock, state, logs } = setUp(() => Promise.resolve(false));
  await clock.advance(10 * 60_000);
  expect(state.started).toBe(0);
  const why = '/var/log/pods of the host is not mounted (component deploy/logs), or there is none';
  expect(logs.blind()).toBe(why);
  expect(await logs.tails(OF)).toEqual({ logs: [], missing: [`log: ${why}`] });
  expect(logs.view()).toMatchObject({ kind: 'none' });
  await logs.stop();
});

it('starts it once when the directory comes, with whoever listened before', async () => {
  let isThere = false;
  const { clock, state, logs } = setUp(() => Promise.resolve(isThere));
  logs.onRestart(() => {});
  await clock.advance(60_000);
  isThere = true;
  await clock.advance(3 * 60_000);
  expect(state).toEqual({ started: 1, stopped: 0, listeners: 1 });
  expect(logs.blind()).toBeUndefined();
  expect(await logs.tails(OF)).toEqual(TAILS);
  await logs.stop();
  expect(state.stopped).toBe(1);
});

it('waits for a disk that hangs, one question at a time, and starts nothing when it was stopped', async () => {
  const answers: ((isThere: boolean) => void)[] = [];
  const { clock, state, logs } = setUp(() => new Promise((resolve) => void answers.push(resolve)));
  await clock.advance(10 * 60_000);
  expect(answers).toHaveLength(1);
  await logs.stop();
  answers[0]?.(true);
  await clock.advance(0);
  expect(state.started).toBe(0);
});

it('says why it cannot look', async () => {
  const { clock, logs } = setUp(() => Promise.reject(new Error('EACCES')));
  await clock.advance(0);
  expect(logs.blind()).toBe('/var/log/pods cannot be read: EACCES');
});
