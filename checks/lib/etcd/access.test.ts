import { expect, it } from 'vitest';
import { fetchFailure, fetchResponse } from '../testing.ts';
import { type Access, accessOf, type ClientReads } from './access.ts';
import { clientReads, failedReads, gatewayError, silence } from './testing.ts';

const HTTPS = 'https://127.0.0.1:2379';
const noUser = gatewayError(400, 'etcdserver: user name is empty');

it.each<[string, ClientReads, Access]>([
  ['all is served', clientReads(), 'usable'],
  ['only the member’s own data', clientReads({ status: silence(), linearizable: silence() }), 'usable'],
  ['only the status', clientReads({ serializable: silence(), linearizable: silence() }), 'usable'],
  ['the handshake fails', failedReads(fetchFailure('tls'), HTTPS), 'denied'],
  ['it resets after the handshake', failedReads(fetchFailure('reset'), HTTPS), 'denied'],
  ['it wants a user', failedReads(noUser), 'denied'],
  ['it wants a user for reads', clientReads({ serializable: noUser, linearizable: noUser }), 'denied'],
  ['401', failedReads(fetchResponse(401)), 'denied'],
  ['403', failedReads(fetchResponse(403)), 'denied'],
  ['silence', failedReads(silence()), 'silent'],
  ['nobody', failedReads(fetchFailure('refused')), 'nobody'],
  ['a reset of a plain connection', failedReads(fetchFailure('reset')), 'broken'],
  ['errors of the gateway', failedReads(gatewayError(503, 'transport is closing')), 'broken'],
  ['another server', failedReads(fetchResponse(404, '{"error":"no route"}')), 'foreign'],
  ['another server that answers all with 200', failedReads(fetchResponse(200, '{}')), 'foreign'],
  ['no way there', failedReads(fetchFailure('unreachable')), 'unsure'],
  ['the end of the run', failedReads(fetchFailure('aborted')), 'unsure'],
])('%s', (_, reads, expected) => {
  expect(accessOf(reads, false)).toBe(expected);
});

it('takes a reset for a fault when a certificate was shown', () => {
  expect(accessOf(failedReads(fetchFailure('reset'), HTTPS), true)).toBe('broken');
});
