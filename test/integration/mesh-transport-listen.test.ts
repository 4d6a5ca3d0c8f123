/** What is listened on and told to peers: the given addresses and nothing else, with or without IPv6. */
import { networkInterfaces } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { createLibp2pTransport } from '../../agent/mesh/transport/libp2p/transport.ts';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { fromMultiaddr } from '../../agent/mesh/transport/libp2p/multiaddr.ts';
import type { Transport } from '../../agent/mesh/transport/types.ts';
import { type OpenTransport, keyOf, makeLibp2p, seedOf } from './mesh-transport-support/libp2p-harness.ts';

const hasIPv6 = networkInterfaces()['lo']?.some(({ family }) => family === 'IPv6') === true;

let open: Transport[] = [];
afterEach(async () => {
  await Promise.all(open.map((transport) => transport.stop()));
  open = [];
});
const make = async (...args: Parameters<typeof makeLibp2p>): Promise<OpenTransport> => {
  const made = await makeLibp2p(...args);
  open.push(made.transport);
  return made;
};

it.skipIf(!hasIPv6)('both families; a peer is reached over each', async () => {
  const { transport } = await make({ listen: ['127.0.0.1:0', '[::1]:0'] });
  const [four = '', six = ''] = transport.listening();
  expect([four, six]).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/), expect.stringMatching(/^\[::1\]:\d+$/)]);
  for (const address of [four, six]) {
    const other = await make();
    const { peer } = await other.transport.connect([address], transport.peerId, AbortSignal.timeout(5000));
    expect(peer).toEqual({ peerId: transport.peerId, address, direction: 'outbound' });
  }
});

it('starts where the IPv6 address is not there', async () => {
  const { transport } = await make({ listen: ['127.0.0.1:0', '[fd00:dead::1]:0'] });
  expect(transport.listening()).toHaveLength(1);
});

it('says why it cannot start, and can be stopped then', async () => {
  const { transport } = await make();
  for (const listen of [transport.listening()[0] ?? '', '192.0.2.1:0']) {
    const second = await createLibp2pTransport(
      { seed: seedOf(900), clusterKeys: [keyOf('key')], listen: [listen], announce: [], topics: [] },
      { clock: systemClock, log: createLog('silent', 'n') },
    );
    await expect(second.start()).rejects.toMatchObject({ exit: 'unavailable', message: /EADDRINUSE|EADDRNOTAVAIL/ });
    await second.stop();
  }
});

it('refuses an address that is none', async () => {
  await expect(make({ listen: ['node-1:7576'] })).rejects.toMatchObject({ exit: 'config' });
});

it.each([
  ['nothing', []],
  ['what it is told to', ['10.0.0.7:7576', '[fd00::7]:7576']],
])('announces %s', async (_what, announce) => {
  const [one, other] = [await make({ listen: ['0.0.0.0:0'], announce }), await make()];
  const address = one.transport.listening().find((candidate) => candidate.startsWith('127.')) ?? '';
  expect((await other.transport.connect([address], undefined, AbortSignal.timeout(5000))).peer).toBeDefined();
  const [connection] = other.libp2p.getConnections();
  if (connection === undefined) throw new Error('not connected');
  const { listenAddrs, agentVersion } = await other.libp2p.services.identify.identify(connection);
  expect(listenAddrs.map(fromMultiaddr)).toEqual(announce);
  expect(agentVersion).toBe('meerkat');
});
