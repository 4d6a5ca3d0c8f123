/** A container is started again on a node without the Kubernetes API: whole agents on loopback addresses, and the person who asks. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import type { ApiScene, ApiSceneElsewhere, ApiScenes } from '../../agent/http/contract/scenes.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

const NAMES = ['a', 'b'];
const HTTP_PORT = 7581;
const POD = 'kube-system_api-x2k4p_0c5a';
const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe('a container that is started again', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-scenes-agents-'));
  const pods = join(root, 'pods');
  const { running: agents, agent, start, command, addressOf } = createTokenAgents(root, NAMES, 135, HTTP_PORT);
  const scene = (at: string, args: readonly string[]): Promise<{ code: number; text: string }> =>
    command(at, ['scene', ...args, '--host', addressOf(at)]);
  const ask = (at: string, path: string, token = 'secret'): Promise<Response> =>
    fetch(`${agent(at).url}${path}`, {
      headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), accept: 'application/json' },
    });
  const json = async <T>(at: string, path: string): Promise<T> => (await (await ask(at, path)).json()) as T;
  const listed = (at: string): Promise<ApiScenes> => json(at, '/api/v1/scenes');
  const write = (run: number, ...lines: readonly string[]): void => {
    mkdirSync(join(pods, POD, 'app'), { recursive: true });
    const text = lines.map((line) => `2026-01-01T12:00:00.5Z stderr F ${line}\n`).join('');
    writeFileSync(join(pods, POD, 'app', `${run}.log`), text);
  };
  const startOn = (name: string): Promise<void> =>
    start(name, ['--checks.logs.directory', name === 'a' ? pods : join(root, 'nothing')]);
  const untilWhole = (): Promise<unknown> =>
    eventually(
      () => Promise.all(NAMES.map((name) => agent(name).json<ApiStatus>('/api/v1/status'))),
      (seen) => seen.every(({ view }) => view.settled && view.current === NAMES.length),
      60_000,
    );
  let id = '';

  beforeAll(async () => {
    writeFileSync(join(root, 'token'), 'secret\n', { mode: 0o600 });
    write(0, 'starting', 'db_password=hunter2', 'panic: no database');
    for (const name of NAMES) await startOn(name);
    await untilWhole();
  }, 120_000);
  afterAll(async () => {
    for (const one of agents.values()) await one.cleanUp();
    rmSync(root, { recursive: true, force: true });
  });

  it('has a scene before that only where a person wants one', async () => {
    const { code, text } = await scene('a', ['capture', 'kube-system/api-x2k4p']);
    expect([code, text]).toEqual([0, expect.stringContaining('The scene of kube-system/api-x2k4p is kept on a')]);
    const nobody = await scene('a', ['capture', 'kube-system/typo']);
    expect([nobody.code, nobody.text]).toEqual([1, expect.stringContaining('a sees no pod kube-system/typo')]);
    // Where no log is mounted there is nothing to keep.
    expect((await scene('b', ['capture', 'kube-system/api-x2k4p'])).code).toBe(1);
  });

  it('leaves its scene, and all agents know of it', async () => {
    const began = performance.now();
    write(1, 'starting again');
    const isThere = ({ scenes }: ApiScenes): boolean => scenes.some(({ cause }) => cause === 'restarted');
    const { scenes } = await eventually(() => listed('b'), isThere, 20_000);
    print(`listed by another agent after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const one = scenes.find(({ cause }) => cause === 'restarted');
    expect(one).toMatchObject({
      node: 'a',
      held: 'elsewhere',
      urls: [`http://${addressOf('a')}:${HTTP_PORT}/`],
      namespace: 'kube-system',
      pod: 'api-x2k4p',
      container: 'app',
      run: 0,
      reduced: true,
    });
    id = one?.id ?? '';
    expect((await listed('a')).scenes.find((own) => own.id === id)?.held).toBe('here');
    await eventually(
      () => agent('b').json<ApiTimeline>('/api/v1/timeline?from=-1h'),
      ({ events }) => events.some(({ node, message }) => node === 'a' && message.includes('scene of kube-system/api')),
      30_000,
    );
  });

  it('has what it wrote last without its secrets, and says what nobody could look at', async () => {
    const { logs, missing, nodeThen, podStatus } = await json<ApiScene>('a', `/api/v1/scenes/${id}`);
    expect(logs.map(({ run, lines }) => [run, ...lines.map(({ text }) => text)])).toEqual([
      [0, 'starting', 'db_password=[redacted]', 'panic: no database'],
      [1, 'starting again'],
    ]);
    expect(podStatus).toBeUndefined();
    expect(missing).toContainEqual('pod: there is no Kubernetes API here');
    expect(nodeThen.checks.length).toBeGreaterThan(10);
    expect(nodeThen.readings.some(({ check }) => check === 'disk-space')).toBe(true);
    expect(nodeThen.changes.some(({ words }) => words.startsWith('agent '))).toBe(true);
  });

  it('is shown by way of any agent, and exported', async () => {
    const shown = await scene('b', ['show', id]);
    expect(shown.code).toBe(0);
    expect(shown.text).toMatch(
      /^kube-system\/api-x2k4p\/app on a: it was started again, and how it ended is not known\n/,
    );
    expect(shown.text).toContain('err  panic: no database');
    expect(shown.text).not.toContain('hunter2');
    print(shown.text);

    const path = join(root, 'scene.tar.gz');
    expect((await scene('b', ['export', id, '-o', path])).code).toBe(0);
    const files = execFileSync('tar', ['-xzOf', path, `meerkat-scene-${id}/run-0.log`]).toString();
    expect(files).toContain('stderr panic: no database');
    expect((await scene('b', ['export', id, '-o', path])).code).toBe(64);

    const elsewhere = await ask('b', `/api/v1/scenes/${id}`);
    expect(elsewhere.status).toBe(404);
    expect((await elsewhere.json()) as ApiSceneElsewhere).toMatchObject({ code: 'Elsewhere', node: 'a' });
  });

  it('is shown to nobody without the token, and by no page from elsewhere', async () => {
    for (const token of ['', 'wrong'])
      for (const path of ['', `/${id}`, '/nothing', '/capture'])
        expect((await ask('a', `/api/v1/scenes${path}`, token)).status).toBe(401);
    const headers = { authorization: 'Bearer secret', 'content-type': 'text/plain' };
    const url = `${agent('a').url}/api/v1/scenes/capture?namespace=kube-system&pod=api-x2k4p`;
    expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(415);
    expect((await ask('a', '/api/v1/scenes/..%2F..%2Fetc')).status).toBe(404);
  });

  it('is still there after the agent was killed; while it is away the others say where it is', async () => {
    agent('a').kill('SIGKILL');
    await agent('a').ended;
    await eventually(
      () => listed('b'),
      ({ scenes }) => scenes.find((one) => one.id === id)?.held === 'away',
      20_000,
    );
    const away = await scene('b', ['show', id]);
    expect([away.code, away.text]).toEqual([2, expect.stringContaining('is not connected now')]);
    write(2, 'while nobody looked');
    await startOn('a');
    await untilWhole();
    await eventually(
      () => listed('b'),
      ({ scenes }) => scenes.find((one) => one.id === id)?.held === 'elsewhere',
      20_000,
    );
    expect((await scene('b', ['show', id])).text).toContain('panic: no database');
    // Before this agent came nobody saw when it was.
    expect((await listed('a')).scenes.filter(({ cause }) => cause === 'restarted')).toHaveLength(1);
  });
});
