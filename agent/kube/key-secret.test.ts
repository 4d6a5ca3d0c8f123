import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from './api/answer.ts';
import { createKeySecret } from './key-secret.ts';
import { createRights } from './rights.ts';
import { denied, failed, missing, ok } from './testing.ts';

const CLUSTER = ok({ metadata: { name: 'kube-system', uid: '0f8fad5b-d9cb-469f-a165-70867728950e' } });
const silent = { warn() {}, info() {} } as never;
const secretOf = (data?: Record<string, string>): Answer =>
  ok({
    kind: 'Secret',
    metadata: { name: 'key', namespace: 'ns', resourceVersion: '7' },
    type: 'Opaque',
    ...(data && { data }),
  });

describe('the Secret', () => {
  let secret: Answer;
  let cluster: Answer;
  let answerToPut: Answer;
  let put: unknown;
  let asked: string[];
  const read = () =>
    createKeySecret('ns', 'key', {
      rights: createRights({ log: silent, notice: () => {} }),
      client: {
        get: (path) => {
          asked.push(path);
          return Promise.resolve(path.endsWith('/kube-system') ? cluster : secret);
        },
        put: (_, object) => {
          put = object;
          return Promise.resolve(answerToPut);
        },
      },
    }).read();
  beforeEach(() => {
    [secret, cluster, answerToPut, put, asked] = [secretOf(), CLUSTER, ok({}), undefined, []];
  });

  it('is empty as it is shipped, and belongs to this cluster', async () => {
    expect(await read()).toMatchObject({ kind: 'found', text: '', clusterId: '0f8fad5b-d9cb-469f-a165-70867728950e' });
    expect(asked).toEqual(['/api/v1/namespaces/kube-system', '/api/v1/namespaces/ns/secrets/key']);
  });

  it('is replaced as it was read, with the key and all else that it holds', async () => {
    secret = secretOf({ other: 'eA==' });
    const found = await read();
    if (found.kind !== 'found') throw new Error(found.why);

    expect(await found.write({ text: 'abcd 1234\n', overlayText: 'ef01 5678\n' })).toEqual({ kind: 'written' });
    expect(put).toMatchObject({
      metadata: { resourceVersion: '7' },
      data: {
        other: 'eA==',
        'cluster.key': Buffer.from('abcd 1234\n').toString('base64'),
        'overlay.key': Buffer.from('ef01 5678\n').toString('base64'),
      },
    });
  });

  it('has a text once somebody filled it', async () => {
    secret = secretOf({ 'cluster.key': Buffer.from('abcd 1234\n').toString('base64'), 'overlay.key': 'eA==' });

    expect(await read()).toMatchObject({ kind: 'found', text: 'abcd 1234\n', overlayText: 'x' });
  });

  it.each<[string, Answer, unknown]>([
    ['changed meanwhile', { kind: 'conflict', message: '409' }, { kind: 'conflict' }],
    ['was deleted meanwhile', missing, { kind: 'conflict' }],
    ['may not be changed', denied, { kind: 'failed', why: '403 nodes is forbidden' }],
    ['cannot be changed now', failed, { kind: 'failed', why: '10.96.0.1:443: no answer within 10 s' }],
  ])('that %s is not written', async (_, answer, outcome) => {
    answerToPut = answer;
    const found = await read();

    expect(found.kind === 'found' && (await found.write({ text: 'x', overlayText: 'y' }))).toEqual(outcome);
  });

  it('that is not there says how to make it', async () => {
    secret = missing;

    expect(await read()).toEqual({
      kind: 'unreadable',
      isLasting: true,
      why: 'there is none; make it with: kubectl -n ns create secret generic key',
    });
  });

  it.each([
    ['the Secret', () => (secret = failed)],
    ['the cluster’s id', () => (cluster = denied)],
  ])('cannot be read without %s', async (_, change) => {
    change();

    expect(await read()).toMatchObject({ kind: 'unreadable' });
  });
});
