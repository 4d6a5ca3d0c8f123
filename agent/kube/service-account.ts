/**
 * Lets a check ask the Kubernetes API as this pod's service account. The token goes to nobody but a server whose
 * certificate is of the cluster's authority, and never to the check itself.
 */
import { readFile } from 'node:fs/promises';
import type { Fetch } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { type CredentialFiles, type CredentialReader, createCredentials } from './api/credentials.ts';

/** Every API server's certificate has it; few have the loopback address at which it is asked. */
const SERVER_NAME = 'kubernetes.default.svc';

/** What this pod has been given, read anew while it runs. */
export const serviceAccountOf = (files: CredentialFiles, clock: Pick<Clock, 'monotonic'>): CredentialReader =>
  createCredentials(files, { clock, readText: (path) => readFile(path, 'utf8') });

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
