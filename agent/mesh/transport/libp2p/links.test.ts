import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../test/lib/fake-clock.ts';
import type { TransportEvent } from '../types.ts';
import { createLinks } from './links.ts';

/** As much of a connection as is looked at; it closes when it is told to. */
function connectionOf(peerId: string, direction: 'inbound' | 'outbound', onClose: (connection: Connection) => void) {
  const connection = {
    status: 'open',
    remotePeer: { toString: () => peerId },
    remoteAddr: multiaddr('/ip4/10.0.0.2/tcp/7576'),
    direction,
    streams: [],
    async close() {
      connection.status = 'closed';
      onClose(connection as unknown as Connection);
    },
    abort: () => void connection.close(),
  };
  return connection as unknown as Connection;
}

function setUp(ownPeerId: string) {
  const clock = createFakeClock();
  const events: TransportEvent[] = [];
  const survivors: Connection[] = [];
  const links = createLinks({
    ownPeerId,
    clock,
    emit: (event) => events.push(event),
    onSurvivor: (connection) => survivors.push(connection),
  });
  const open = (direction: 'inbound' | 'outbound'): Connection => {
    const connection = connectionOf('m', direction, (closed) => links.closed(closed));
    links.opened(connection);
    return connection;
  };
  return { clock, links, events, survivors, open };
}

describe('createLinks', () => {
  it.each([
    ['a', 'outbound'],
    ['z', 'inbound'],
  ] as const)('of crossing dials %s keeps the %s one, whichever came first', async (own, kept) => {
    for (const order of [['inbound', 'outbound'] as const, ['outbound', 'inbound'] as const]) {
      const { links, events, survivors, open, clock } = setUp(own);
      for (const direction of order) open(direction);
      await clock.advance(0);
      expect(links.peers()).toEqual([{ peerId: 'm', address: '10.0.0.2:7576', direction: kept }]);
      expect(links.duplicates()).toBe(1);
      expect(survivors.map(({ direction }) => direction)).toEqual([kept]);
      expect(events.map(({ kind }) => kind)).toEqual(['connected']);
    }
  });

  it.each(['a', 'z'])('%s takes a later connection for the one that the peer knows', async (own) => {
    for (const direction of ['inbound', 'outbound'] as const) {
      const { links, open, clock } = setUp(own);
      open('outbound');
      await clock.advance(5000);
      const later = open(direction);
      await clock.advance(0);
      expect(links.connections()).toEqual([later]);
      expect(links.ageMs('m')).toBe(0);
    }
  });

  it('says why a peer is gone, once its last connection is', async () => {
    const { links, events, open } = setUp('a');
    open('outbound');
    await links.disconnect('m', 'deaf');
    const other = open('inbound');
    await other.close();
    expect(events.map((event) => ('why' in event ? event.why : event.kind))).toEqual([
      'connected',
      'deaf',
      'connected',
      'remote',
    ]);
    expect(links.best('m')).toBeUndefined();
    expect(links.ageMs('m')).toBeUndefined();
  });

  it('ignores a connection that was closed before it was told of', async () => {
    const { links, events, open } = setUp('a');
    const first = open('outbound');
    await first.close();
    links.opened(first);
    links.closed(first);
    expect(events).toHaveLength(2);
    expect(links.peers()).toEqual([]);
  });

  it('counts what closes while it stops as its own doing', () => {
    const { links, events, open } = setUp('a');
    open('outbound');
    links.stopping();
    links.abortAll();
    expect(events.at(-1)).toEqual({ kind: 'disconnected', peerId: 'm', why: 'local' });
  });
});
