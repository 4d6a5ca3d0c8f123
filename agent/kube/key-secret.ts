/** The cluster key in a Secret: shipped empty, filled by the first agent, by compare-and-swap on its resource version. */
import type { SharedKey, SharedKeyPlace, SharedKeyTexts, SharedKeyWrite } from '../model/shared-key.ts';
import type { Answer } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { type Fields, fieldsOf, metadataOf, textOf } from './objects/fields.ts';
import type { Rights } from './rights.ts';

/** Entries of the Secret; the same texts as the files of these names. */
const [KEY_ENTRY, OVERLAY_ENTRY] = ['cluster.key', 'overlay.key'];
/** Its UID is the cluster's id: it is made with the cluster, and cannot be deleted. */
const NAMESPACE_OF_CLUSTER = '/api/v1/namespaces/kube-system';

export interface KeySecretDeps {
  readonly client: Pick<KubeClient, 'get' | 'put'>;
  readonly rights: Rights;
}

export function createKeySecret(
  namespace: string,
  name: string,
  { client, rights }: KeySecretDeps,
): Omit<SharedKeyPlace, 'askAgainMs'> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const place = `Secret ${namespace}/${name}`;
  let clusterId: string | undefined;

  const readClusterId = async (): Promise<{ readonly id: string } | { readonly why: string }> => {
    if (clusterId !== undefined) return { id: clusterId };
    const answer = await client.get(NAMESPACE_OF_CLUSTER);
    rights.note('get namespaces/kube-system', answer);
    if (answer.kind !== 'ok') return { why: answer.message };
    clusterId = metadataOf(answer.value).uid;
    return clusterId === undefined ? { why: 'the namespace kube-system has no UID' } : { id: clusterId };
  };
  const write = async (secret: Fields, { text, overlayText }: SharedKeyTexts): Promise<SharedKeyWrite> => {
    const data = {
      ...fieldsOf(secret['data']),
      [KEY_ENTRY]: Buffer.from(text).toString('base64'),
      [OVERLAY_ENTRY]: Buffer.from(overlayText).toString('base64'),
    };
    const answer = await client.put(path, { ...secret, data });
    rights.note(`update secrets/${name} in ${namespace}`, answer);
    if (answer.kind === 'ok') return { kind: 'written' };
    // Deleted and applied again meanwhile: it is another object.
    if (answer.kind === 'conflict' || answer.kind === 'missing') return { kind: 'conflict' };
    return { kind: 'failed', why: answer.message };
  };

  return {
    name: place,
    async read(): Promise<SharedKey> {
      const cluster = await readClusterId();
      if ('why' in cluster) return { kind: 'unreadable', why: cluster.why };
      const answer = await client.get(path);
      rights.note(`get secrets/${name} in ${namespace}`, answer);
      if (answer.kind !== 'ok')
        return { kind: 'unreadable', why: whyNot(answer, namespace, name), isLasting: answer.kind !== 'failed' };
      const secret = fieldsOf(answer.value);
      const entry = (named: string): string =>
        Buffer.from(textOf(fieldsOf(secret['data'])[named]) ?? '', 'base64').toString('utf8');
      return {
        kind: 'found',
        text: entry(KEY_ENTRY),
        overlayText: entry(OVERLAY_ENTRY),
        clusterId: cluster.id,
        write: (texts) => write(secret, texts),
      };
    },
  };
}

const whyNot = (answer: Exclude<Answer, { kind: 'ok' }>, namespace: string, name: string): string =>
  answer.kind === 'missing'
    ? `there is none; make it with: kubectl -n ${namespace} create secret generic ${name}`
    : answer.message;
