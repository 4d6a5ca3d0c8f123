/**
 * `hung`: the connection was accepted and the deadline came first. `refused`: nobody listens. `denied`: this process
 * may not ask. `foreign`: whoever listens speaks another protocol. `aborted`: the caller gave up. `error`: the engine
 * said no.
 */
export type EngineFailure = 'hung' | 'refused' | 'denied' | 'foreign' | 'aborted' | 'error';

/** Of what an engine says, characters: it may be pages of what its own helpers said. */
export const MAX_WORDS = 600;

/** What can go wrong with a container engine. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly failure: EngineFailure;
  /** The engine said no because what it was asked for is not there. */
  readonly isNotFound: boolean;

  constructor(failure: EngineFailure, message: string, options: ErrorOptions & { readonly isNotFound?: boolean } = {}) {
    super(message, options);
    this.failure = failure;
    this.isNotFound = options.isNotFound === true;
  }
}

/** The failure that is none of the engine's doing, or its silence: the signal of the exchange was aborted. */
export function endedBySignal(signal: AbortSignal, call: string, socketPath: string, cause: unknown): EngineError {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.name !== 'TimeoutError'
    ? new EngineError('aborted', reason.message, { cause })
    : new EngineError('hung', `${call} on ${socketPath} was accepted and not answered`, { cause });
}

/** The failures of a connection to a unix socket, by the system's own code. Undefined for any other code. */
export function connectionFailure(code: string, socketPath: string, cause: unknown): EngineError | undefined {
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return new EngineError('refused', `nobody listens on ${socketPath}`, { cause });
  if (code === 'EACCES' || code === 'EPERM')
    return new EngineError('denied', `not permitted to connect to ${socketPath} (${code})`, { cause });
  // The kernel refuses to queue a connection when the listener has not accepted the last thousands of them.
  if (code === 'EAGAIN')
    return new EngineError('hung', `${socketPath} accepts no connection any more, its queue is full`, { cause });
  return undefined;
}
