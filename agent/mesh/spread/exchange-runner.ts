/** Runs single exchanges within their bounds, on streams that this agent opens or that neighbours open. */
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import type { FrameStream, OpenFailure, Transport } from '../transport/types.ts';
import type { BackOff } from './back-off.ts';
import { type ExchangeDeps, type ExchangeReport, initiate, respond } from './exchange.ts';
import { ExchangeEnded, type ExchangeFault, createLink } from './link.ts';
import type { Partners } from './partners.ts';
import { EXCHANGE_MS, FRAME, FRAME_LIMITS, STREAM_LIMITS, SYNC_PROTOCOL } from './protocol.ts';
import type { SyncCounter } from './sync-counts.ts';

export interface RunnerDeps {
  readonly transport: Pick<Transport, 'open' | 'handle'>;
  readonly exchange: ExchangeDeps;
  readonly counter: SyncCounter;
  readonly backOff: BackOff;
  readonly partners: Pick<Partners, 'talked'>;
  readonly log: Pick<Logger, 'error'>;
  /** The peer did what no agent does. */
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
  /** An exchange is over, well or not. */
  readonly onDone: () => void;
}

export interface ExchangeRunner {
  /** One exchange that this agent begins. Undefined: it failed. Never rejects. */
  begin(peerId: string, compare: boolean): Promise<ExchangeReport | undefined>;
  /** Answers the exchanges that neighbours begin, while `isOpen` says so. Called once. */
  serve(isOpen: () => boolean): void;
}

/** Of neighbours, at a time; each may keep half a MiB here. */
const MAX_SERVED = 8;

export function createExchangeRunner(deps: RunnerDeps): ExchangeRunner {
  const { transport, exchange, counter, backOff } = deps;
  const { clock } = exchange;
  let served = 0;
  return {
    begin: (peerId, compare) => account('own', peerId, () => openAndInitiate(peerId, compare, deps), deps),
    serve(isOpen) {
      transport.handle(SYNC_PROTOCOL, STREAM_LIMITS, async (stream, signal) => {
        const { peerId } = stream;
        if (!isOpen() || served >= MAX_SERVED || backOff.isShunned(peerId, clock.monotonic())) {
          counter.refused();
          await stream.send(Uint8Array.of(FRAME.busy), signal);
          return;
        }
        served += 1;
        const link = createLink(stream, signal, counter.link);
        const report = await account('served', peerId, () => respond(link, exchange), deps);
        served -= 1;
        if (report === undefined) stream.abort();
      });
    },
  };
}

async function openAndInitiate(
  peerId: string,
  compare: boolean,
  { transport, exchange, counter }: RunnerDeps,
): Promise<ExchangeReport> {
  const controller = new AbortController();
  const cancel = exchange.clock.after(EXCHANGE_MS, () => controller.abort());
  let stream: FrameStream | undefined;
  try {
    const opened = await transport.open(peerId, SYNC_PROTOCOL, FRAME_LIMITS, controller.signal);
    if (opened.kind === 'failed') throw new ExchangeEnded(FAULTS[opened.why]);
    stream = opened.stream;
    const report = await initiate(createLink(stream, controller.signal, counter.link), compare, exchange);
    await stream.close();
    return report;
  } catch (error) {
    stream?.abort();
    throw error;
  } finally {
    cancel();
  }
}

async function account(
  kind: 'own' | 'served',
  peerId: string,
  work: () => Promise<ExchangeReport>,
  { exchange: { clock }, counter, backOff, partners, log, onMisdeed, onDone }: RunnerDeps,
): Promise<ExchangeReport | undefined> {
  partners.talked(peerId, clock.monotonic());
  try {
    const report = await work();
    backOff.succeeded(peerId);
    counter.done(kind, report);
    return report;
  } catch (error) {
    const fault = error instanceof ExchangeEnded ? error.fault : 'internal';
    // A defect of ours must not let a neighbour end this agent.
    if (fault === 'internal') log.error({ err: messageOf(error), peer: peerId }, 'an exchange with a peer failed');
    backOff.failed(peerId, fault, clock.monotonic());
    counter.failed(fault);
    const misdeed = MISDEEDS[fault];
    if (misdeed !== undefined) onMisdeed(peerId, misdeed);
    return undefined;
  } finally {
    partners.talked(peerId, clock.monotonic());
    onDone();
  }
}

/** Too slow, closed in the middle or of another version is what honest agents are; badly signed records count one by one. */
const MISDEEDS: Readonly<Partial<Record<ExchangeFault, Misdeed>>> = {
  malformed: 'malformed',
  'too-large': 'oversize',
  unasked: 'unasked',
};

const FAULTS: Readonly<Record<OpenFailure, ExchangeFault>> = {
  'not-connected': 'closed',
  closed: 'closed',
  aborted: 'timeout',
  unsupported: 'unsupported',
};
