import { expect, it } from 'vitest';
import { fakeFetch, fakeHostFiles, fetchResponse, testContext } from './lib/testing.ts';
import { scheduler } from './scheduler.ts';
import type { FetchResult } from './types.ts';

const URL = 'https://127.0.0.1:10259';
const host = fakeHostFiles({ '/etc/kubernetes/manifests/kube-scheduler.yaml': '- --bind-address=127.0.0.1' });

it.each([403, 404])('is asked the older way when /livez is answered with %i', async (status) => {
  const older = (healthz: FetchResult) => {
    const fetch = fakeFetch({ [`${URL}/livez`]: fetchResponse(status, 'no'), [`${URL}/healthz`]: healthz });
    return scheduler.run(testContext(scheduler, { fetch, host }));
  };

  expect(await older(fetchResponse(200, 'ok'))).toMatchObject({ status: 'ok' });
  expect(await older(fetchResponse(500, '[-]leaderElection failed: reason withheld'))).toMatchObject({
    problems: [{ reason: 'SchedulerUnhealthy' }],
  });
});
