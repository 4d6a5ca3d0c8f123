/** The product's prober, responder and looks, over datagrams and handshakes of a virtual network. */
import type { Clock } from '../../../agent/base/clock.ts';
import type { MeshProbes } from '../../../agent/mesh/compose/parts.ts';
import { createCounters } from '../../../agent/mesh/probes/counters.ts';
import { authorPrefix } from '../../../agent/mesh/probes/datagram.ts';
import { createHeardTable } from '../../../agent/mesh/probes/heard.ts';
import { createKeyring } from '../../../agent/mesh/probes/keys.ts';
import { createLooks } from '../../../agent/mesh/probes/looks.ts';
import { createProber } from '../../../agent/mesh/probes/prober.ts';
import type { ProbesDeps, ProbesOptions } from '../../../agent/mesh/probes/probes.ts';
import { createResponder } from '../../../agent/mesh/probes/responder.ts';
import { startDeadline } from '../../../agent/mesh/probes/deadline.ts';
import type { OpenChannel } from '../../../agent/mesh/probes/target-socket.ts';
import {
  CONNECT_TIMEOUT_MS,
  SECOND_TRY_MS,
  SILENCE_MS,
  type TcpAddress,
  type TcpLook,
  type TcpLookResult,
} from '../../../agent/mesh/probes/tcp-look.ts';
import type { Air } from './air.ts';
import { deriveOnce } from './crypto.ts';
import type { VirtualProcess } from './virtual-process.ts';
import { createLane, handshakeMs, sendDatagram } from './wire.ts';

/** Somebody at whose address datagrams arrive. */
export interface ProbeEars {
  readonly process: VirtualProcess;
  hear(message: Uint8Array, reply: (bytes: Uint8Array) => void): void;
}

export interface Whereabouts {
  readonly host: string;
  readonly address: string;
  readonly process: VirtualProcess;
}

export function startVirtualProbes(air: Air, own: Whereabouts, options: ProbesOptions, deps: ProbesDeps): MeshProbes {
  const { clock } = deps;
  const keys = createKeyring(options.clusterKeys, deriveOnce);
  const shared = {
    clock,
    keys,
    self: authorPrefix(options.authorKey),
    state: deps.state,
    heard: createHeardTable(),
    counters: createCounters(),
    // Of no length of datagrams anything is known, so that none is tested.
    mtuOf: () => 0,
  };
  const looks = createLooks({
    clock,
    lookByTcp: (address, context) => look(air, own, address, context),
    report: deps.onObservation,
  });
  const prober = createProber({
    ...shared,
    random: deps.random,
    openChannel: channelOpener(air, own),
    report: deps.onObservation,
    onAway: deps.onAway,
  });
  const responder = createResponder({
    ...shared,
    onPing: (ping, at, key) => prober.notePing(ping, at, key),
  });
  const ears: ProbeEars = { process: own.process, hear: (message, reply) => responder.handle(message, reply) };
  air.ears.set(own.address, ears);
  let planned = new Set<string>();
  return {
    setPlan(targets) {
      const next = new Set(targets.map(({ peerId }) => peerId));
      for (const peerId of planned.difference(next)) looks.cancel(peerId);
      planned = next;
      prober.setPlan(targets);
    },
    ping: (peerId) => prober.ping(peerId),
    look: (peerId) => looks.start(peerId, prober.addressesOf(peerId)),
    testSize: () => {},
    fullSizes: () => new Map(),
    admit: (clusterKeys) => keys.replace(clusterKeys),
    move: async () => {},
    counters: () => shared.counters,
    async stop() {
      looks.stop();
      prober.stop();
      if (air.ears.get(own.address) === ears) air.ears.delete(own.address);
    },
  };
}

function channelOpener(air: Air, own: Whereabouts): OpenChannel {
  return (address, events) => {
    let isOpen = true;
    const target = `${address.host}:${address.port}`;
    const to = air.hostAt(target);
    const backHere = (action: () => void): void =>
      own.process.run(() => {
        if (isOpen) action();
      });
    return {
      send(bytes) {
        if (to === undefined) return;
        const message = Uint8Array.from(bytes);
        sendDatagram(air, own.host, to, () => {
          const ears = air.ears.get(target);
          if (ears === undefined || !ears.process.isAlive()) {
            return sendDatagram(air, to, own.host, () => backHere(() => events.failed('ECONNREFUSED')));
          }
          ears.process.run(() =>
            ears.hear(message, (answer) =>
              sendDatagram(air, to, own.host, () => backHere(() => events.message(answer))),
            ),
          );
        });
      },
      close() {
        isOpen = false;
      },
    };
  };
}

interface Looking {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function look(air: Air, own: Whereabouts, address: TcpAddress, looking: Looking): Promise<TcpLook> {
  const { clock, signal } = looking;
  const startedAt = clock.monotonic();
  let result = await tryOnce(air, own, address, looking);
  if (result === 'refused') {
    await clock.sleep(SECOND_TRY_MS, signal);
    signal.throwIfAborted();
    result = await tryOnce(air, own, address, looking);
  }
  signal.throwIfAborted();
  return { result, tookMs: clock.monotonic() - startedAt };
}

async function tryOnce(air: Air, own: Whereabouts, address: TcpAddress, looking: Looking): Promise<TcpLookResult> {
  const { clock, signal } = looking;
  const target = `${address.host}:${address.port}`;
  const to = air.hostAt(target);
  const took = to === undefined ? undefined : handshakeMs(air.network, own.host, to, CONNECT_TIMEOUT_MS);
  await clock.sleep(took ?? CONNECT_TIMEOUT_MS, signal);
  if (to === undefined || took === undefined || !air.network.host(to).isOn) return 'timed-out';
  const ears = air.ears.get(target);
  if (ears === undefined || !ears.process.isAlive()) return 'refused';
  return new Promise((resolve) => {
    const [there, back] = [
      createLane(air.queue, air.network, own.host, to),
      createLane(air.queue, air.network, to, own.host),
    ];
    const finish = (result: TcpLookResult): void => {
      cancel();
      there.close();
      back.close();
      resolve(result);
    };
    const cancel = startDeadline(clock, SILENCE_MS, () => finish('unresponsive'));
    there.send(() => ears.process.run(() => back.send(() => own.process.run(() => finish('answered')))));
  });
}
