/** What a failed connect or send says: who is to blame. */

export type Blame = 'refused' | 'unreachable' | 'timed-out' | 'own-fault';

/** Nothing left this node: no route, no address, no permission, no room. It says nothing about the peer. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EAFNOSUPPORT',
  'EACCES',
  'EPERM',
  'EINVAL',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EAGAIN',
]);

/** `ECONNREFUSED` is the peer's kernel speaking: the host is alive. Anything unknown stays with the path to the peer. */
export function blameFor(code: string | undefined): Blame {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'timed-out';
  return code !== undefined && OWN_FAULTS.has(code) ? 'own-fault' : 'unreachable';
}
