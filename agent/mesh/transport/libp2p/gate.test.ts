import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../test/lib/fake-clock.ts';
import { createGate } from './gate.ts';

const peer = (id: string): PeerId => ({ toString: () => id }) as PeerId;

type Closable = MultiaddrConnection & { readonly lose: () => void };

function connectionFrom(host: string): Closable {
  const events = new EventTarget();
  const connection = {
    remoteAddr: multiaddr(`/ip4/${host}/tcp/1`),
    addEventListener: events.addEventListener.bind(events),
    lose: () => events.dispatchEvent(new Event('close')),
  };
  return connection as unknown as Closable;
}

function setUp(own = 'b') {
  const clock = createFakeClock();
  const connected = new Map<string, number>();
  const refused = new Set<string>();
  const gate = createGate(own, {
    clock,
    connectedFor: (peerId) => connected.get(peerId),
    isRefused: (peerId) => refused.has(peerId),
    traffic: { add: () => {} },
  }) as Required<ConnectionGater>;
  const dialledBy = (id: string): unknown => gate.denyInboundEncryptedConnection(peer(id), connectionFrom('10.0.0.1'));
  return { clock, connected, refused, gate, dialledBy };
}

describe('createGate', () => {
  it('refuses the dial of a greater PeerId while its own is under way', async () => {
    const { clock, gate, dialledBy } = setUp();
    expect(dialledBy('c')).toBe(false);
    void gate.denyOutboundConnection(peer('c'), connectionFrom('10.0.0.1'));
    expect(dialledBy('c')).toBe(true);
    expect(dialledBy('d')).toBe(false);
    await clock.advance(3000);
    expect(dialledBy('c')).toBe(false);
  });

  it('never refuses a smaller one', () => {
    const { gate, connected, dialledBy } = setUp();
    void gate.denyOutboundConnection(peer('a'), connectionFrom('10.0.0.1'));
    connected.set('a', 0);
    expect(dialledBy('a')).toBe(false);
  });

  it('forgets a dial whose connection closed', () => {
    const { clock, gate, dialledBy } = setUp();
    const connection = connectionFrom('10.0.0.1');
    void gate.denyOutboundConnection(peer('c'), connection);
    connection.lose();
    expect(dialledBy('c')).toBe(false);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('refuses a dial that crossed the connection just made, not one of a peer that lost it', () => {
    const { connected, dialledBy } = setUp();
    connected.set('c', 999);
    expect(dialledBy('c')).toBe(true);
    connected.set('c', 1000);
    expect(dialledBy('c')).toBe(false);
  });

  it('lets a host have 32 unfinished handshakes, whatever the others do', () => {
    const { gate } = setUp();
    const pending = Array.from({ length: 32 }, () => connectionFrom('10.0.0.1'));
    for (const connection of pending) expect(gate.denyInboundConnection(connection)).toBe(false);
    expect(gate.denyInboundConnection(connectionFrom('10.0.0.1'))).toBe(true);
    expect(gate.denyInboundConnection(connectionFrom('10.0.0.2'))).toBe(false);
    pending[0]?.lose();
    expect(gate.denyInboundConnection(connectionFrom('10.0.0.1'))).toBe(false);
    const [, finished] = pending;
    if (finished !== undefined) void gate.denyInboundEncryptedConnection(peer('c'), finished);
    finished?.lose();
    expect(gate.denyInboundConnection(connectionFrom('10.0.0.1'))).toBe(false);
    expect(gate.denyInboundConnection(connectionFrom('10.0.0.1'))).toBe(true);
  });
  it('keeps out who misbehaves, whoever dials, and nobody else', () => {
    const { gate, refused, dialledBy } = setUp();
    refused.add('a');
    expect(dialledBy('a')).toBe(true);
    expect(gate.denyDialPeer(peer('a'))).toBe(true);
    expect(gate.denyOutboundEncryptedConnection(peer('a'), connectionFrom('10.0.0.1'))).toBe(true);
    expect(dialledBy('A')).toBe(false);
    expect(gate.denyDialPeer(peer('A'))).toBe(false);
    refused.clear();
    expect(dialledBy('a')).toBe(false);
  });
});
