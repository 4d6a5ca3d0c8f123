import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type Endpoints, createEndpoints } from './endpoints.ts';

const [SERVICE, ONE, TWO] = ['https://10.96.0.1:443', 'https://10.0.0.1:6443', 'https://10.0.0.2:6443'];

describe('the addresses of the API', () => {
  let clock: FakeClock;
  let endpoints: Endpoints;
  const urls = (): string[] => endpoints.list().map(({ url }) => url);
  beforeEach(() => {
    clock = createFakeClock();
    endpoints = createEndpoints([SERVICE], clock);
    endpoints.learn([ONE, TWO]);
  });

  it('are tried as configured, then as learned', () => {
    expect(endpoints.list()).toEqual([
      { url: SERVICE, isConfigured: true },
      { url: ONE, isConfigured: false },
      { url: TWO, isConfigured: false },
    ]);
  });

  it('begin with the one that answered last', () => {
    endpoints.worked(TWO);
    expect(urls()).toEqual([TWO, SERVICE, ONE]);
    endpoints.failed(TWO);
    expect(urls()).toEqual([SERVICE, ONE, TWO]);
  });

  it('end with those that failed a moment ago, so that two black holes hide none', async () => {
    endpoints.failed(SERVICE);
    await clock.advance(1000);
    endpoints.failed(ONE);
    expect(urls()).toEqual([TWO, SERVICE, ONE]);
    await clock.advance(60_000);

    expect(urls()).toEqual([SERVICE, ONE, TWO]);
  });

  it('forget who is an API server no more', () => {
    endpoints.worked(ONE);
    endpoints.learn([TWO, 'no address']);

    expect(urls()).toEqual([SERVICE, TWO]);
  });
});
