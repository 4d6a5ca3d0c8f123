/** Which of etcd's client URLs is right: where no file says so, it may speak TLS or not. */
import type { FetchResult } from '../../types.ts';
import { isVersionOfEtcd } from './answers.ts';

/** What GET /version at one of the URLs gave. */
export interface Knock {
  readonly url: string;
  readonly result: FetchResult;
}

/**
 * Where etcd answers; else where a plain server answers; else where TLS refuses us, which plain servers and closed
 * ports do as well, but they were plain or closed at the other form too. Undefined: no form says more than another.
 */
export function pickClientUrl(knocks: readonly Knock[]): string | undefined {
  const etcd = knocks.find(({ result }) => isVersionOfEtcd(result));
  const plain = knocks.find(({ url, result }) => url.startsWith('http:') && isPlainAnswer(result));
  const secure = knocks.find(({ url, result }) => url.startsWith('https:') && speaksTls(result));
  return (etcd ?? plain ?? secure)?.url;
}

export const isRefused = (result: FetchResult): boolean => result.kind === 'failure' && result.failure === 'refused';

/** Go's servers answer plain HTTP on a TLS port with a 400 of their own. */
const isPlainAnswer = (result: FetchResult): boolean =>
  result.kind === 'response' && !(result.status === 400 && result.body.includes('HTTPS server'));

const speaksTls = (result: FetchResult): boolean =>
  result.kind === 'response' || result.failure === 'tls' || result.failure === 'reset';

/** Of an IPv6 address without its brackets. @param url one that can be parsed */
export const hostnameOf = (url: string): string => new URL(url).hostname.replaceAll(/[[\]]/g, '');

/** @param url one that can be parsed */
export const isLoopbackUrl = (url: string): boolean => /^(127\.|localhost$|::1$)/.test(hostnameOf(url));
