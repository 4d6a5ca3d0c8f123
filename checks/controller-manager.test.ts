import { expect, it } from 'vitest';
import { controllerManager } from './controller-manager.ts';
import { fakeFetch, fetchResponse, testContext } from './lib/testing.ts';

it('is asked the only way that all versions know', async () => {
  const fetch = fakeFetch({ 'https://127.0.0.1:10257/healthz': fetchResponse(200, 'ok') });

  expect(await controllerManager.run(testContext(controllerManager, { fetch }))).toMatchObject({ status: 'ok' });
});
