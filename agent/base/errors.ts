/** Failures that the operator can act on, each with a stable code and the exit code it ends a command with. */

/**
 * Exit codes of every command but `health` (which has its own: 0 healthy, 1 problem, 2 unknown). From sysexits.h, so
 * that they never collide with a shell's.
 */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'The command did what it was asked to, or the agent was told to stop.' },
  internal: { code: 1, meaning: 'A defect in Meerkat. The last log line has the stack: please report it.' },
  usage: { code: 64, meaning: 'The command line is wrong; the message says what is allowed.' },
  unavailable: {
    code: 69,
    meaning:
      'The agent that was asked does not answer, the address to listen on is taken, or a receiver takes no message now.',
  },
  config: {
    code: 78,
    meaning:
      'The configuration is wrong; the message has the path, what was given and what is allowed. Or a receiver refuses messages as they are configured.',
  },
  blocked: {
    code: 142,
    meaning:
      'The agent was blocked for 10 s and its store process ended it (SIGALRM, 128 + 14). The next start leaves out the check that was running.',
  },
} as const;

export type ExitReason = keyof typeof EXIT_CODES;

/** An expected failure: `code` is what programs compare, `message` is for the operator and says what to do. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly exit: ExitReason;

  constructor(exit: ExitReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The system's error code (`ENOENT`, `ECONNREFUSED`, …), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
