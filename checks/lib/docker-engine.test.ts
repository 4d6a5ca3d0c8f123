import { expect, it } from 'vitest';
import { createDockerEngine, type DockerEngine } from './docker-engine.ts';
import type { EngineRequest } from './docker-http.ts';
import type { EngineError } from './engine-error.ts';
import { probeImage, type ProbeImage } from './probe-image.ts';

const { signal } = new AbortController();

/** An engine whose every request gets the same answer, and the requests it was sent. */
function answering(status: number, body = ''): { engine: DockerEngine; sent: EngineRequest[] } {
  const sent: EngineRequest[] = [];
  const engine = createDockerEngine('/run/docker.sock', async (request) => {
    sent.push(request);
    return { status, body, server: 'Docker/27.3.1 (linux)' };
  });
  return { engine, sent };
}

const failureOf = async (promise: Promise<unknown>): Promise<Pick<EngineError, 'failure' | 'message'>> => {
  const { failure, message } = await promise.then(
    () => expect.fail('nothing failed'),
    (error: EngineError) => error,
  );
  return { failure, message };
};

it('calls itself as the Server header says', async () => {
  const { engine } = answering(200, 'OK');
  expect(engine.name()).toBe('Docker Engine');
  await engine.ping(signal);
  expect(engine.name()).toBe('Docker 27.3.1');
});

it('asks without a version in the path', async () => {
  const { engine, sent } = answering(200, '[]');
  await engine.ping(signal);
  await engine.listOne(signal);
  expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /_ping', 'GET /containers/json?limit=1']);
});

it('makes a container that can do nothing and is known as ours', async () => {
  const { engine, sent } = answering(201, '{"Id":"1"}');
  await engine.createContainer({ name: 'p1', image: 'meerkat-probe:1', command: '/probe', instance: 'n1' }, signal);
  expect(sent[0]?.path).toBe('/containers/create?name=p1');
  expect(JSON.parse(String(sent[0]?.body))).toMatchObject({
    Image: 'meerkat-probe:1',
    Labels: { 'io.meerkat.probe': '1', 'io.meerkat.instance': 'n1' },
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none' }, ReadonlyRootfs: true, CapDrop: ['ALL'] },
  });
});

it('lists the containers with our label', async () => {
  const labelled = { Id: 'a', Created: 1_700_000_000, Labels: { 'io.meerkat.instance': 'n1' } };
  const { engine, sent } = answering(200, JSON.stringify([labelled, { Id: 'b', Created: 1 }, { Id: 3 }, null]));
  expect(await engine.probeContainers(signal)).toEqual([
    { id: 'a', createdAt: 1_700_000_000_000, instance: 'n1' },
    { id: 'b', createdAt: 1000, instance: '' },
  ]);
  const filters = new URL(sent[0]?.path ?? '', 'http://engine').searchParams.get('filters');
  expect(JSON.parse(filters ?? '')).toEqual({ label: ['io.meerkat.probe=1'] });
});

it('knows whether an image is here', async () => {
  expect(await answering(200, '{}').engine.hasImage('meerkat-probe:1', signal)).toBe(true);
  expect(await answering(404, '{}').engine.hasImage('meerkat-probe:1', signal)).toBe(false);
});

it('imports the image from the request’s body and never from elsewhere', async () => {
  const { engine, sent } = answering(200, '{"status":"sha256:1"}\n');
  const image = probeImage('x64') as ProbeImage;
  await engine.importImage(image, signal);
  const query = new URL(sent[0]?.path ?? '', 'http://engine').searchParams;
  expect(Object.fromEntries(query)).toEqual({
    fromSrc: '-',
    repo: 'meerkat-probe',
    tag: image.tag,
    changes: 'LABEL io.meerkat.probe=1',
  });
  expect(sent[0]?.body).toBe(image.archive);
});

it('finds a failure inside an import that was answered with 200', async () => {
  const { engine } = answering(200, '{"status":"…"}\r\n{"error":"no space left on device"}\r\n');
  expect(await failureOf(engine.importImage(probeImage('x64') as ProbeImage, signal))).toEqual({
    failure: 'error',
    message: 'no space left on device',
  });
});

it('waits for the exit code', async () => {
  expect(await answering(200, '{"StatusCode":137}').engine.waitForContainer('p1', signal)).toBe(137);
  expect(await failureOf(answering(200, '{').engine.waitForContainer('p1', signal))).toMatchObject({
    failure: 'error',
  });
});

it('takes a container that is gone or going for removed', async () => {
  for (const status of [204, 404, 409]) await answering(status).engine.removeContainer('p1', signal);
  expect(await failureOf(answering(500).engine.removeContainer('p1', signal))).toMatchObject({ failure: 'error' });
});

it('fails with the engine’s own words', async () => {
  const { engine } = answering(500, '{"message":"OCI runtime create failed: exec format error"}');
  expect(await failureOf(engine.startContainer('p1', signal))).toEqual({
    failure: 'error',
    message: 'OCI runtime create failed: exec format error',
  });
  expect(await failureOf(answering(500, 'oops').engine.ping(signal))).toEqual({
    failure: 'error',
    message: 'HTTP status 500',
  });
});

it('tells a missing right from a fault', async () => {
  const { engine } = answering(403, '{"message":"authorization denied by plugin"}');
  expect(await failureOf(engine.ping(signal))).toMatchObject({ failure: 'denied' });
});
