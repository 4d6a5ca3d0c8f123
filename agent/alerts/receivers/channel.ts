/** Between a receiver and what knows the protocol of its kind. */
import type { Clock } from '../../base/clock.ts';
import type { Notification, SendOutcome } from '../types.ts';
import type { AlertTemplate } from './alert-template.ts';
import type { Post } from './post.ts';
import type { SecretFile } from './secret-file.ts';

export interface Channel {
  /** Kind, address and token, as far as they are known. A secret: only its digest leaves the receiver. */
  readonly identity: () => string;
  /** @throws Error where a file that it needs cannot be used */
  send(notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
}

/** What every kind is made with. */
export interface ChannelTools {
  /** With the deadline of the receiver. */
  readonly post: (request: Omit<Parameters<Post>[0], 'timeoutMs'>) => ReturnType<Post>;
  /** @param faultOf what is wrong with its text, as it follows the name of the file */
  readonly secretFile: (path: string, faultOf: (text: string) => string | undefined) => SecretFile;
  readonly clock: Pick<Clock, 'now'>;
  readonly receiver: string;
  readonly clusterName: string;
  /** In the place of the usual line of an alert. */
  readonly template?: AlertTemplate;
}

/** The authority that a receiver names, as `post` takes it. */
export function authorityOf(
  path: string | undefined,
  { secretFile }: Pick<ChannelTools, 'secretFile'>,
): () => Promise<{ readonly ca?: string }> {
  if (path === undefined) return () => Promise.resolve({});
  const file = secretFile(path, (text) =>
    text.includes('-----BEGIN CERTIFICATE-----') ? undefined : 'holds no certificate in PEM',
  );
  return async () => ({ ca: await file.read() });
}
