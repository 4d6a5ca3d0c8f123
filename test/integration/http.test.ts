/** The HTTP interface on a real socket, over fixtures. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentError } from '../../agent/base/errors.ts';
import * as contract from '../../agent/http/contract.ts';
import { type ApiScenes, SceneElsewhereSchema } from '../../agent/http/contract/scenes.ts';
import { OPERATIONS } from '../../agent/http/openapi-operations.ts';
import type { ContainerLiveness } from '../../agent/model/liveness.ts';
import { createHttpServer } from '../../agent/http/server.ts';
import type { SeriesQuery } from '../../agent/model/history.ts';
import type { ScenePort } from '../../agent/model/scene.ts';
import { POINTS, aDiagnosis, aResult, aScene, aState } from '../lib/fixtures.ts';
import { aWorkloads, type FixtureServer, httpDeps, httpOptions, startFixtureServer } from '../lib/http-server.ts';

const SCENE = aScene();
const ELSEWHERE = '20260101T115959-0a1b2c';
const scenes: ScenePort = {
  own: () => Promise.resolve([SCENE]),
  ofOthers: () => [{ ...SCENE, id: ELSEWHERE, node: 'node-b', isConnected: true }],
  // Another agent says that it has this agent's own.
  holderOf: (id) =>
    [...scenes.ofOthers(), { ...SCENE, node: 'node-b', isConnected: true }].find((one) => one.id === id),
  read: (id) => Promise.resolve({ kind: 'answer', value: id === SCENE.id ? SCENE : undefined }),
  capture: () => Promise.resolve({ kind: 'too-many', perHour: 30 }),
};
let server: FixtureServer;
let ownDirectory = '';
beforeAll(async () => {
  ownDirectory = mkdtempSync(join(tmpdir(), 'meerkat-http-'));
  const tokenFile = join(ownDirectory, 'token');
  writeFileSync(tokenFile, 'secret\n');
  server = await startFixtureServer({ tokenFile }, { scenes });
});
afterAll(async () => {
  await server.stop();
  rmSync(ownDirectory, { recursive: true });
});

/** With the token, which only scenes need. */
const get = (path: string, accept = '*/*', at = server): Promise<Response> =>
  fetch(`${at.url}${path}`, { headers: { accept, authorization: 'Bearer secret' } });

/** Paths with values for their parameters; `series` needs a check. */
const pathOf = (template: string): string =>
  template
    .replace('{node}', 'node-a')
    .replace('{check}', 'kubelet')
    .replace('{scene}', SCENE.id)
    .replace('/series', '/series?check=disk-space&reading=used_ratio');
const JSON_PATHS = Object.entries(OPERATIONS).filter(([, { answers }]) => typeof answers !== 'string');

describe('every documented path', () => {
  it.each(JSON_PATHS)('%s answers JSON by its schema, and text', async (template, { answers }) => {
    const path = pathOf(template);
    const json = await get(path, 'application/json');
    const text = await get(path, 'text/plain');

    expect(json.status).toBe(200);
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect([...Value.Errors(answers as never, await json.json())]).toEqual([]);
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await text.text()).toMatch(/^[^{<].*\n/);
  });

  it.each(JSON_PATHS)('%s obeys ?format over Accept, and refuses other keys and forms', async (template) => {
    const path = pathOf(template);
    const mark = path.includes('?') ? '&' : '?';
    const json = await get(`${path}${mark}format=json`, 'text/plain');
    const unknownKey = await get(`${path}${mark}verbose=1`);
    const unknownForm = await get(`${path}${mark}format=xml`);

    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(unknownKey.status).toBe(400);
    expect(await unknownKey.json()).toMatchObject({ code: 'BadRequest', message: expect.stringContaining('format') });
    expect(unknownForm.status).toBe(400);
  });

  it.each(Object.keys(OPERATIONS))('%s exists', async (template) => {
    const response = await get(pathOf(template));
    await response.body?.cancel();

    expect(response.status).toBe(template.startsWith('/health/') && !template.includes('cluster') ? 503 : 200);
  });
});

it('serves the status as text to curl and as JSON to programs', async () => {
  expect(await (await get('/status')).text()).toMatch(/^DEGRADED {2}The kubelet on node-a refuses connections/);
  expect(await (await get('/status', 'application/json')).json()).toMatchObject({ status: 'degraded' });
  expect(await (await get('/api/v1/status')).json()).toMatchObject({ status: 'degraded' });
});

describe('scenes', () => {
  it('of others are listed beside the own, and told to be elsewhere', async () => {
    const listed = (await (await get('/api/v1/scenes')).json()) as ApiScenes;
    expect(listed.scenes.map(({ id, node, held }) => [id, node, held])).toEqual([
      [SCENE.id, 'node-a', 'here'],
      [ELSEWHERE, 'node-b', 'elsewhere'],
    ]);
    const one = (await (await get('/api/v1/scenes?node=node-b&limit=1')).json()) as ApiScenes;
    expect(one.scenes.map(({ id }) => id)).toEqual([ELSEWHERE]);
    const elsewhere = await get(`/api/v1/scenes/${ELSEWHERE}?format=text`);
    expect(elsewhere.status).toBe(404);
    expect([...Value.Errors(SceneElsewhereSchema, await elsewhere.json())]).toEqual([]);
    expect((await get('/api/v1/scenes/20260101T115958-ffffff')).status).toBe(404);
  });

  it('are told of elsewhere while the disk is away, but not those of this agent', async () => {
    const away: ScenePort = { ...scenes, read: () => Promise.resolve({ kind: 'unavailable', message: 'no disk' }) };
    const blind = await startFixtureServer({ tokenFile: join(ownDirectory, 'token') }, { scenes: away });
    expect((await get(`/api/v1/scenes/${ELSEWHERE}`, '*/*', blind)).status).toBe(404);
    for (const id of [SCENE.id, '20260101T115958-ffffff'])
      expect((await get(`/api/v1/scenes/${id}`, '*/*', blind)).status).toBe(503);
    await blind.stop();
  });

  it('need the token, and are none where nobody keeps any', async () => {
    for (const path of ['', `/${SCENE.id}`])
      expect((await fetch(`${server.url}/api/v1/scenes${path}`)).status).toBe(401);
    const post = (path: string): Promise<Response> =>
      fetch(`${server.url}/api/v1/scenes/capture${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
        body: '{}',
      });
    expect((await post('?namespace=prod')).status).toBe(400);
    expect((await post('?namespace=prod&pod=api&container=..%2F..%2Fkube-system_x_uid%2Fapp')).status).toBe(400);
    expect((await post('?namespace=prod&pod=api')).status).toBe(429);
    const none = await startFixtureServer({ tokenFile: join(ownDirectory, 'token') });
    expect((await get('/api/v1/scenes', '*/*', none)).status).toBe(503);
    await none.stop();
  });
});

describe('liveness', () => {
  const one = { namespace: 'prod', container: 'main', watch: 'worker', since: 0 } as const;
  const asked: ContainerLiveness[] = [];
  let own: FixtureServer;
  beforeAll(async () => {
    own = await startFixtureServer(
      {},
      {
        workloads: aWorkloads(
          [
            { ...one, pod: 'worker-0', state: 'dead', why: 'it has written nothing for 31 min' },
            { ...one, pod: 'worker-0', container: 'side', state: 'alive', why: '' },
            { ...one, pod: 'worker-1', state: 'alive', why: '' },
            {
              ...one,
              pod: 'api-0',
              namespace: 'test',
              state: 'suppressed',
              why: 'it has just begun to fail',
              askedAt: 60_000,
              unaskedMs: 660_000,
            },
          ],
          { asked: (those) => void asked.push(...those) },
        ),
      },
    );
  });
  afterAll(() => own.stop());
  const ask = (path: string, accept = '*/*'): Promise<Response> => get(`/api/v1/liveness/${path}`, accept, own);

  it.each([
    ['prod/pod/worker-0', 503, 'dead'],
    ['prod/pod/worker-0?container=side', 200, 'alive'],
    ['prod/pod/worker-1', 200, 'alive'],
    ['prod/worker', 200, 'alive'],
    ['prod/worker-0', 503, 'dead'],
    ['test/api', 200, 'suppressed'],
    ['test/worker', 200, 'unknown'],
    ['prod/typo', 200, 'unknown'],
  ])('of %s is %i, %s; as text always 200', async (path, status, state) => {
    const json = await ask(path);
    expect([json.status, ((await json.json()) as { state: string }).state]).toEqual([status, state]);
    const text = await ask(path, 'text/plain');
    expect([text.status, await text.text()]).toEqual([200, `${state}\n`]);
  });

  it('is noted of those whose probes ask, and of nobody at whom a person looks', async () => {
    const names = async (path: string): Promise<string[]> => {
      asked.length = 0;
      await ask(path, 'text/plain');
      return asked.map(({ pod, container }) => `${pod}/${container}`);
    };
    expect(await names('prod/pod/worker-0')).toEqual(['worker-0/main', 'worker-0/side']);
    expect(await names('prod/pod/worker-0?container=side&by=probe')).toEqual(['worker-0/side']);
    expect(await names('prod/worker')).toEqual(['worker-0/main', 'worker-0/side', 'worker-1/main']);
    expect(await names('prod/worker?by=person')).toEqual([]);
    expect((await ask('prod/worker?by=me')).status).toBe(400);
  });

  it('tells when a probe asked last, and that none does', async () => {
    const { containers } = (await (await ask('test/api')).json()) as { containers: object[] };
    expect(containers).toMatchObject([{ asked: '1970-01-01T00:01:00.000Z', nobodyAsks: true }]);
  });
});

it('answers 200 whatever the state of the cluster', async () => {
  const critical = await startFixtureServer(
    {},
    { diagnosis: () => aDiagnosis({ status: 'critical' }), state: () => aState([], { nodes: [], settled: false }) },
  );
  try {
    expect((await get('/status', '*/*', critical)).status).toBe(200);
    expect((await get('/api/v1/nodes', '*/*', critical)).status).toBe(200);
    expect((await get('/readyz', '*/*', critical)).status).toBe(200);
    expect((await get('/health/node', '*/*', critical)).status).toBe(504);
  } finally {
    await critical.stop();
  }
});

it('answers 404 with what there is', async () => {
  const unknown = [
    ['/api/v1/nodes/node-z', 'No node "node-z" is known here; there are node-a.'],
    ['/api/v1/nodes/node-a/checks/nope', 'No check "nope" is known of node-a; there are disk-space, kubelet,'],
    ['/api/v1/series?check=nope', 'There is no check "nope"; there are disk-space, kubelet,'],
    ['/api/v1/series?check=disk-space&reading=x', 'disk-space has no reading "x"; it has used_ratio, free_bytes.'],
    ['/api/v1/series?check=disk-space&node=node-z', 'No node "node-z" is known here'],
    ['/health/check/nope', 'There is no check "nope"'],
    ['/nope', 'GET /nope does not exist; see /api/v1/openapi.json.'],
  ] as const;
  for (const [path, message] of unknown) {
    const response = await get(path);
    expect(response.status, path).toBe(404);
    const error = (await response.json()) as { message: string };
    expect(Value.Check(contract.ErrorSchema, error)).toBe(true);
    expect(error).toMatchObject({ code: 'NotFound', message: expect.stringContaining(message) });
  }
});

describe('health', () => {
  const healthy = { diagnosis: () => aDiagnosis(), state: () => aState([aResult()]) };

  it('speaks by its status code and its first line', async () => {
    const fine = await startFixtureServer({}, healthy);
    try {
      const ok = await get('/health/node', '*/*', fine);
      const problem = await get('/health/check/kubelet');
      const unknown = await get('/health/check/etcd');
      expect([ok.status, problem.status, unknown.status]).toEqual([200, 503, 504]);
      expect(await ok.text()).toBe('OK 1 check looked\n');
      expect(await problem.text()).toMatch(/^PROBLEM KubeletDown since/);
      expect(await unknown.text()).toMatch(/^UNKNOWN etcd is absent here/);
    } finally {
      await fine.stop();
    }
  });

  it('takes the bar from the query', async () => {
    expect((await get('/health/cluster')).status).toBe(200);
    expect((await get('/health/cluster?failOn=warning')).status).toBe(503);
    expect((await get('/health/cluster?failOn=info')).status).toBe(400);
  });
});

describe('history', () => {
  it('turns the query into a question to the store', async () => {
    const asked: SeriesQuery[] = [];
    const series = (query: SeriesQuery) => {
      asked.push(query);
      return Promise.resolve({ kind: 'answer' as const, value: [POINTS] });
    };
    const own = await startFixtureServer({}, { history: { ...httpDeps().history, series } });
    try {
      await get('/api/v1/series?check=disk-space&from=1000&to=2000&points=1500', '*/*', own);
      await get(
        '/api/v1/series?check=disk-space&reading=used_ratio&subject=/&from=1000&to=2000&points=1500',
        '*/*',
        own,
      );
    } finally {
      await own.stop();
    }

    const range = { node: 'node-a', check: 'disk-space', from: 1_000_000, to: 2_000_000 };
    expect(asked).toEqual([
      { ...range, maxPoints: 500 },
      { ...range, reading: 'used_ratio', subject: '/', maxPoints: 1500 },
    ]);
  });

  it('says 503 when the store cannot answer, fails, or does not come back, and stays up', async () => {
    const clock = { ...httpDeps().clock, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    const histories = [
      () => Promise.resolve({ kind: 'unavailable' as const, message: 'the disk is full' }),
      () => Promise.reject(new Error('boom')),
      () => new Promise<never>(() => {}),
    ];
    const messages = [
      'the disk is full',
      'The store failed: boom',
      'The store does not answer; its disk may be stalled.',
    ];
    for (const [index, answer] of histories.entries()) {
      const hangs = index === 2;
      const own = await startFixtureServer(
        {},
        { history: { series: answer, timeline: answer, statusAt: answer }, ...(hangs && { clock }) },
      );
      try {
        const response = await get('/api/v1/timeline', '*/*', own);
        expect(response.status).toBe(503);
        expect(await response.json()).toEqual({ code: 'Unavailable', message: messages[index] });
        expect((await get('/status', '*/*', own)).status).toBe(200);
      } finally {
        await own.stop();
      }
    }
  });

  it('asks the store few questions at once', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let open = 0;
    let most = 0;
    const timeline = async () => {
      open += 1;
      most = Math.max(most, open);
      await gate;
      open -= 1;
      return { kind: 'answer' as const, value: [] };
    };
    const own = await startFixtureServer({}, { history: { ...httpDeps().history, timeline } });
    try {
      let refused = 0;
      const answers = Array.from({ length: 20 }, async () => {
        const { status } = await get('/api/v1/timeline', '*/*', own);
        // Only when all the others are back are those under way let go.
        refused += status === 503 ? 1 : 0;
        if (refused === 12) release();
        return status;
      });
      const statuses = await Promise.all(answers);
      expect(most).toBe(8);
      expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    } finally {
      await own.stop();
    }
  });

  it('refuses a time that ends before it starts', async () => {
    const response = await get('/api/v1/timeline?from=now&to=-1h');

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/^from \(.*\) must be before to \(/),
    });
  });
});

describe('the page', () => {
  it('is served from memory with what a browser may keep', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'meerkat-web-'));
    mkdirSync(join(directory, 'assets'));
    writeFileSync(join(directory, 'index.html'), '<!doctype html>'.repeat(100));
    writeFileSync(join(directory, 'assets/main-abc.js'), 'export {}');
    const own = await startFixtureServer({ webDirectory: directory });
    rmSync(directory, { recursive: true });
    try {
      const page = await get('/', 'text/html', own);
      const etag = page.headers.get('etag') ?? '';
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('cache-control')).toBe('no-cache');
      expect(page.headers.get('content-encoding')).toBe('gzip');
      expect(await page.text()).toBe('<!doctype html>'.repeat(100));
      const again = await fetch(`${own.url}/`, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
      const asset = await get('/assets/main-abc.js', '*/*', own);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect((await get('/assets/../index.html', '*/*', own)).status).toBe(404);
      expect((await get('/etc/passwd', '*/*', own)).status).toBe(404);
    } finally {
      await own.stop();
    }
  });

  it('says that it was not built', async () => {
    expect(await (await get('/')).text()).toContain('npm run build:web');
  });
});

it('answers HEAD without a body', async () => {
  const response = await fetch(`${server.url}/status`, { method: 'HEAD' });

  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

it('refuses an address that is taken and names who has it', async () => {
  const second = createHttpServer(httpOptions({ port: server.port }), httpDeps());

  const error = await second.start().catch((thrown: unknown) => thrown);
  await second.stop();

  expect(error).toBeInstanceOf(AgentError);
  expect(error).toMatchObject({ exit: 'unavailable' });
  expect((error as AgentError).message).toMatch(
    new RegExp(`^127\\.0\\.0\\.1:${server.port} is taken by .+; stop it or set http\\.port$`),
  );
});

it('refuses an address that this machine does not have', async () => {
  const other = createHttpServer(httpOptions({ address: '192.0.2.1' }), httpDeps());

  await expect(other.start()).rejects.toThrow('192.0.2.1:0: this machine has no such address; set http.address');
  await other.stop();
});

it('listens on both families when no address is set', async () => {
  const both = await startFixtureServer({ address: '' });
  try {
    expect((await fetch(`http://127.0.0.1:${both.port}/livez`)).status).toBe(200);
    const six = await fetch(`http://[::1]:${both.port}/livez`).then(
      ({ status }) => status,
      (error: Error) => String(error.cause),
    );
    // A machine without IPv6 has no such address.
    expect([200, expect.stringMatching(/EADDRNOTAVAIL|EAFNOSUPPORT/)]).toContainEqual(six);
  } finally {
    await both.stop();
  }
});
