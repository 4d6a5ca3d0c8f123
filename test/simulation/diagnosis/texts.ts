/** What checks write into their messages, and what somebody writes there who wants to mislead. */
import type { Random } from '../../lib/random.ts';

/** Each is what some explanation looks for in the words of a consequence. */
export const TELLING: readonly string[] = [
  'nobody listens on 127.0.0.1:2379',
  'it accepted the connection and does not answer: no full answer from it within 1000 ms',
  'it does not reach the majority',
  'the read through the majority failed, and it has no leader',
  '/readyz says that these fail: [-]etcd failed',
  '/readyz says that these fail: [-]etcd failed, [-]poststarthook/x failed',
  '/readyz is silent while /version answers',
  'no space left on device',
  'ENOSPC, the file system is full',
  'EROFS: read-only file system',
  'PLEG is not healthy',
  'the container runtime is down',
  'phase sandbox: it was not answered',
  'phase sandbox: cni plugin not initialized',
  'the connection was refused, no socket of it',
  'timed out, no answer within 2s',
  'the kernel killed kubelet (pid 7) and containerd (pid 8)',
  'leaderElection: lost the Lease',
  'it should run every 10s and does not: no result within 2s',
  'the kubelet calls this node not ready',
  'no answer within 1s from 10.96.0.10',
  'no answer within 1s from 169.254.20.10',
  'EHOSTUNREACH',
];

const STOPS: readonly string[] = ['', '', '', '.', '..', '…', ' . ', '...'];
const HARMFUL: readonly string[] = ['\n', '\r\n', '\u0000', '\u001b[31m', '\u202e', '\u2028', ': ', '/', '*', '🦦'];

/** As a check writes it; which explanation it fits, or whether to any, is left to chance. */
export const plainText = (random: Random): string =>
  `${random.chance(0.3) ? 'something went wrong' : random.pick(TELLING)}${random.pick(STOPS)}`;

/** By a node that speaks of the others as if it were one of them. */
export function hostileText(random: Random, names: readonly string[]): string {
  const parts = Array.from({ length: 1 + random.integer(4) }, () => {
    const [check, name] = [random.pick(['etcd', 'apiserver', 'kubelet', 'store', 'dns']), random.pick(names)];
    return `${random.pick(HARMFUL)}${check} on ${name}: ${random.pick(TELLING)}${random.pick(STOPS)}`;
  });
  return random.chance(0.2) ? parts.join('').repeat(20) : parts.join('');
}

/** A name of 200 characters. */
export const longName = (random: Random): string => `w${random.integer(1000)}-${'x'.repeat(200)}`.slice(0, 200);
