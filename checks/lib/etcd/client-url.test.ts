import { expect, it } from 'vitest';
import type { FetchResult } from '../../types.ts';
import { fetchFailure, fetchResponse } from '../testing.ts';
import { pickClientUrl } from './client-url.ts';

const [PLAIN, SECURE] = ['http://127.0.0.1:2379', 'https://127.0.0.1:2379'];
const version = fetchResponse(200, '{"etcdserver":"3.5.9"}');
const refused = fetchFailure('refused');
const tls = fetchFailure('tls');

it.each<[string, FetchResult, FetchResult, string | undefined]>([
  ['plain etcd', version, tls, PLAIN],
  ['etcd with TLS', fetchFailure('reset'), version, SECURE],
  ['etcd with TLS, as Go answers', fetchResponse(400, 'Client sent an HTTP request to an HTTPS server.'), tls, SECURE],
  ['etcd that wants a certificate', fetchFailure('reset'), tls, SECURE],
  ['the same, its alert lost', fetchFailure('reset'), fetchFailure('reset'), SECURE],
  ['another plain server', fetchResponse(404), tls, PLAIN],
  ['silence', fetchFailure('timeout'), fetchFailure('timeout'), undefined],
  ['nobody', refused, refused, undefined],
])('%s', (_, plain, secure, expected) => {
  const knocks = [
    { url: PLAIN, result: plain },
    { url: SECURE, result: secure },
  ];

  expect(pickClientUrl(knocks)).toBe(expected);
});
