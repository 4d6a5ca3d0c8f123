/** The interface of an agent among others: real requests over what one node of a scene knows. */
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import { CATALOGUE, NOW, createScene, failing } from '../../agent/diagnosis/testing.ts';
import {
  ErrorSchema,
  MemberSchema,
  MembersSchema,
  NodeSchema,
  NodesSchema,
  StatusSchema,
} from '../../agent/http/contract.ts';
import { GroupMatrixSchema, MatrixSchema } from '../../agent/http/contract/links.ts';
import type { ClusterState } from '../../agent/model/cluster-state.ts';
import { type FixtureServer, httpDeps, startFixtureServer } from '../lib/http-server.ts';
import { getRequest, sendRaw } from '../lib/raw-http.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2.example.org'];
const scene = createScene(NAMES).report('m2', failing('kubelet', 'KubeletDown', 'refused'));
/** The masters are off, and of m3 nothing was ever heard. */
function mastersDown(): ClusterState {
  const state = scene.powerOff('m1', 'm2', 'm3').from('w1');
  return { ...state, nodes: state.nodes.filter(({ report }) => report.node !== 'm3') };
}

let state = mastersDown();
let server: FixtureServer;
beforeAll(async () => {
  const clock = { ...httpDeps().clock, now: () => NOW };
  server = await startFixtureServer(
    { node: 'w1' },
    { clock, state: () => state, diagnosis: () => diagnose(state, NOW, CATALOGUE) },
  );
});
afterAll(() => server.stop());

const get = (path: string): Promise<Response> => fetch(`${server.url}${path}`);
const text = async (path: string): Promise<string> => (await get(`${path}?format=text`)).text();

it.each([
  ['/api/v1/status', StatusSchema],
  ['/api/v1/nodes', NodesSchema],
  ['/api/v1/nodes/m1', NodeSchema],
  ['/api/v1/nodes/m3', NodeSchema],
  ['/api/v1/nodes?fine=names', NodesSchema],
  ['/api/v1/members', MembersSchema],
  ['/api/v1/members/m3', MemberSchema],
  ['/api/v1/matrix', MatrixSchema],
  ['/api/v1/matrix?node=m3', MatrixSchema],
  ['/api/v1/matrix?network=overlay', MatrixSchema],
  ['/api/v1/matrix/groups', GroupMatrixSchema],
  ['/api/v1/matrix/groups?network=overlay&from=worker', GroupMatrixSchema],
])('%s answers by its schema, whatever is lost', async (path, schema) => {
  const response = await get(path);

  expect(response.status).toBe(200);
  expect([...Value.Errors(schema, await response.json())]).toEqual([]);
});

it('says it in text, the cause first', async () => {
  expect(await text('/status')).toMatch(/^CRITICAL {2}No control plane from here: m1, m2 and m3 do not answer/);
  expect(await text('/api/v1/nodes')).toMatch(/^NODE .* MEMBER .*\nm1 .*UNKNOWN .*unreachable .*said: no problem/);
  expect(await text('/api/v1/nodes/m2')).toMatch(/^kubelet +was PROBLEM +2m 53s +KubeletDown: refused$/m);
  expect(await text('/api/v1/nodes/m3')).toMatch(/^UNKNOWN {2}m3: Unreachable since 14:02:11 UTC; no report of it/);
  expect(await text('/api/v1/members')).toMatch(/^2 of 5 members connected to w1\n/);
  expect(await text('/api/v1/matrix')).toMatch(/^Seen from w1: 2 links are good, 6 are not\n/);
});

it('names the nodes that there are to whoever asks for another', async () => {
  const response = await get('/api/v1/nodes/w9');
  const error = (await response.json()) as { message: string };

  expect(response.status).toBe(404);
  expect(Value.Check(ErrorSchema, error)).toBe(true);
  expect(error.message).toBe('No node "w9" is known here; there are m1, m2, m3, w1, w2.example.org.');
});

it('has a series of a member that no report has come of', async () => {
  expect((await get('/api/v1/series?check=disk-space&node=m3')).status).toBe(200);
  expect((await get('/api/v1/series?check=disk-space&node=w9')).status).toBe(404);
});

it.each([
  ['m1', 200],
  ['m3.example.org:7575', 200],
  ['w2', 200],
  ['w2.example.org', 200],
  ['w2.evil.example.org', 421],
  ['w9', 421],
])('answers to the name of another node: %s %i', async (host, status) => {
  expect((await sendRaw(server.port, getRequest('/status', { host }))).statusCodes).toEqual([status]);
});

it('gives the cluster a line of 80 bytes for machines, with its verdict', async () => {
  const line = async (): Promise<[number, string]> => {
    const response = await get('/health/cluster');
    return [response.status, (await response.text()).split('\n', 1)[0] ?? ''];
  };
  const lost = await line();
  state = createScene(NAMES).from('w1');
  server.change();
  const fine = await line();
  state = createScene(NAMES).cut(['w1'], ['m1', 'm2', 'm3', 'w2.example.org']).from('w1');
  server.change();
  const cutOff = await line();
  state = mastersDown();
  server.change();

  expect(lost).toEqual([503, expect.stringMatching(/^PROBLEM critical: No control plane from here: m1, m2 and m3 do/)]);
  expect(fine).toEqual([200, 'OK healthy, 5 of 5 members current']);
  expect(cutOff[0]).toBe(503);
  for (const [, first] of [lost, fine, cutOff]) expect(first).toMatch(/^[\u0020-\u007e]{1,80}$/);
});

it('streams a peer when it changes', async () => {
  const response = await get('/api/v1/stream');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  const nodes = (): string[] =>
    [...received.matchAll(/^event: node\ndata: \{"node":"([^"]+)"/gm)].map((one) => one[1] ?? '');
  const until = async (count: number): Promise<string[]> => {
    while (nodes().length < count) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended after ${received}`);
      received += value;
    }
    return nodes();
  };
  expect(await until(1)).toEqual(['w1']);
  state = createScene(NAMES).powerOff('m1').from('w1');
  server.change();

  expect(await until(4)).toEqual(['w1', 'w1', 'm2', 'm3']);
  await reader.cancel();
  state = mastersDown();
  server.change();
});
