/** Where the API servers are now, by the Service `default/kubernetes`. */
import type { Answer } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { serversOfEndpoints, serversOfSlices } from './objects/api-servers.ts';
import type { Rights } from './rights.ts';

const SLICES =
  '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';
const ENDPOINTS = '/api/v1/namespaces/default/endpoints/kubernetes';

/** `https://10.0.0.1:6443`; undefined: it cannot be told now. */
export async function readApiServers(
  client: Pick<KubeClient, 'get'>,
  rights: Rights,
): Promise<readonly string[] | undefined> {
  const slices = await client.get(SLICES);
  rights.note('list endpointslices in default', slices);
  if (slices.kind === 'ok') return serversOfSlices(slices.value);
  // Before 1.21 there is no such kind; and whoever may not read it may perhaps read the older one.
  if (slices.kind === 'failed') return undefined;
  const endpoints: Answer = await client.get(ENDPOINTS);
  rights.note('get endpoints in default', endpoints);
  return endpoints.kind === 'ok' ? serversOfEndpoints(endpoints.value) : undefined;
}
