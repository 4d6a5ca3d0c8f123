/**
 * Lets a check ask the Kubernetes API as this pod's service account. The token goes to nobody but a server whose
 * certificate is of the cluster's authority, and never to the check itself.
 */
import type { Fetch } from '../checks/types.ts';
import { messageOf } from './base/errors.ts';
import type { CredentialReader } from './kube/api/credentials.ts';

/** Every API server's certificate has it; few have the loopback address at which it is asked. */
const SERVER_NAME = 'kubernetes.default.svc';

/** Requests that want no identity pass as they are. */
export const withServiceAccount =
  (fetch: Fetch, credentials: CredentialReader | undefined): Fetch =>
  async (request) => {
    if (request.asServiceAccount !== true) return fetch(request);
    const refuse = (message: string): Awaited<ReturnType<Fetch>> => ({
      kind: 'failure',
      failure: 'other',
      message,
      durationMs: 0,
    });
    try {
      const { token, ca } = (await credentials?.read()) ?? {};
      if (token === undefined || ca === undefined || !request.url.startsWith('https:'))
        return refuse('there is no service account to ask as');
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      return await fetch({ ...request, headers, tls: { ...request.tls, ca, serverName: SERVER_NAME } });
    } catch (error) {
      return refuse(messageOf(error));
    }
  };
