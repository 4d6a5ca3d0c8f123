/** What happens to a node on a bad day: others come and go, a check fails and clears, and everybody asks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSite } from './site.ts';

/** What a probe of the measured agent looks at. */
export interface Patient {
  readonly port: number;
  /** Falls ill, or recovers. */
  flip(): void;
  close(): Promise<void>;
}

export interface ChurnCounts {
  /** Ends of an agent and its responder beside the measured one, half of them by SIGKILL. */
  readonly ends: number;
  readonly flips: number;
  readonly requests: number;
  /** Of the requests those without an answer within 10 s, or with another than 200. */
  readonly failures: number;
  readonly streams: number;
}

const END_EVERY_MS = 40_000;
const AWAY_MS = 10_000;
/** Several looks of the probe, so that a problem is raised and cleared each time. */
const FLIP_EVERY_MS = 45_000;
const REQUEST_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 10_000;
const STREAM_MS = 60_000;
/** What people, Prometheus and the page ask for. */
const PATHS = [
  '/status',
  '/metrics',
  '/',
  '/api/v1/status',
  '/api/v1/nodes',
  '/api/v1/members',
  '/api/v1/matrix',
  '/api/v1/timeline?limit=200',
  '/api/v1/nodes/node',
];

export async function startPatient(): Promise<Patient> {
  let isIll = false;
  const server = createServer((_request, response) => response.writeHead(isIll ? 500 : 200).end());
  await new Promise<void>((done, fail) => void server.once('error', fail).listen(0, done));
  return {
    port: (server.address() as AddressInfo).port,
    flip: () => {
      isIll = !isIll;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Ends with all that it ended running again, and the patient well. */
export async function churn(site: ContainerSite, patient: Patient, forMs: number): Promise<ChurnCounts> {
  const counts = { ends: 0, flips: 0, requests: 0, failures: 0, streams: 0 };
  const over = AbortSignal.timeout(forMs);
  const until = async (everyMs: number, act: () => Promise<void> | void): Promise<void> => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: over }).catch(() => {});
      if (over.aborted) return;
      await act();
    }
  };
  const origin = `http://${site.host.address}:7575`;
  await Promise.all([
    until(END_EVERY_MS, async () => {
      const name = site.peers[counts.ends % site.peers.length] ?? '';
      await site.endPeer(name, counts.ends % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      counts.ends += 1;
      await sleep(AWAY_MS);
      await site.startPeer(name);
    }),
    until(FLIP_EVERY_MS, () => {
      patient.flip();
      counts.flips += 1;
    }),
    until(REQUEST_EVERY_MS, async () => {
      const path = PATHS[counts.requests % PATHS.length] ?? '';
      counts.requests += 1;
      if (!(await isAnswered(`${origin}${path}`))) counts.failures += 1;
    }),
    until(0, async () => {
      counts.streams += 1;
      await listen(`${origin}/api/v1/stream`, AbortSignal.any([over, AbortSignal.timeout(STREAM_MS)]));
    }),
  ]);
  if (counts.flips % 2 === 1) patient.flip();
  return counts;
}

async function isAnswered(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** As the page does. Resolves when `signal` aborts, or a second after the stream ended by itself. */
async function listen(url: string, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await fetch(url, { signal });
    for await (const _chunk of body ?? []);
  } catch {
    // It ended.
  }
  await sleep(1000, undefined, { signal }).catch(() => {});
}
