import { describe, expect, it } from 'vitest';
import { fetchResponse } from '../../checks/lib/testing.ts';
import type { FetchRequest } from '../../checks/types.ts';
import type { Credentials } from './api/credentials.ts';
import { withServiceAccount } from './service-account.ts';

const CA = '-----BEGIN CERTIFICATE-----';
const URL = 'https://127.0.0.1:6443/readyz';

function setUp(credentials: Credentials | Error | undefined) {
  const asked: FetchRequest[] = [];
  const read = async (): Promise<Credentials> => {
    if (credentials instanceof Error) throw credentials;
    return credentials ?? {};
  };
  const fetch = withServiceAccount(
    async (request) => {
      asked.push(request);
      return fetchResponse(200, 'ok');
    },
    credentials === undefined ? undefined : { read },
  );
  return { asked, fetch };
}

describe('asking as the service account', () => {
  it('shows the token to a server of the cluster’s authority', async () => {
    const { asked, fetch } = setUp({ token: 't', ca: CA });
    expect(await fetch({ url: URL, asServiceAccount: true })).toMatchObject({ kind: 'response' });
    expect(asked).toMatchObject([
      { url: URL, headers: { authorization: 'Bearer t' }, tls: { ca: CA, serverName: 'kubernetes.default.svc' } },
    ]);
  });

  it('asks as nobody where nobody wants more', async () => {
    const { asked, fetch } = setUp({ token: 't', ca: CA });
    await fetch({ url: URL });
    expect(asked).toEqual([{ url: URL }]);
  });

  it.each([
    ['no Kubernetes', undefined, URL],
    ['no token', { ca: CA }, URL],
    ['no authority: anybody could have the token', { token: 't' }, URL],
    ['no TLS', { token: 't', ca: CA }, 'http://127.0.0.1:8080/readyz'],
    ['files that cannot be read', new Error('EIO'), URL],
  ])('asks nobody where there is %s', async (_, credentials, url) => {
    const { asked, fetch } = setUp(credentials);
    expect(await fetch({ url, asServiceAccount: true })).toMatchObject({ kind: 'failure', failure: 'other' });
    expect(asked).toEqual([]);
  });
});
