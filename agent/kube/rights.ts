/** What the API refuses to this agent: said once, and once more when it is granted. Nothing else depends on it. */
import type { Logger } from '../base/log.ts';
import type { Answer } from './api/answer.ts';

export interface Rights {
  /** @param right in words: `get nodes`, `update secrets/meerkat-cluster-key` */
  note(right: string, answer: Answer): void;
  /** It was refused when it was last asked for; same words. */
  lacks(right: string): boolean;
  /** In words, sorted. */
  missing(): readonly string[];
}

export interface RightsDeps {
  readonly log: Logger;
  /** Into the timeline. */
  readonly notice: (message: string) => void;
}

/** The right of the roster readers, and of whoever looks for others. */
export const READ_ALL = 'list and watch nodes';

export function createRights({ log, notice }: RightsDeps): Rights {
  const missing = new Set<string>();
  const token = 'to be known by its token';
  const lose = (right: string, message: string): void => {
    if (missing.has(right)) return;
    missing.add(right);
    log.warn({ right, answer: message }, 'the Kubernetes API refuses it; the agent goes on without');
    notice(`the Kubernetes API does not allow this agent ${right}: ${message}`);
  };
  const gain = (right: string): void => {
    if (!missing.delete(right)) return;
    log.info({ right }, 'the Kubernetes API allows it now');
    notice(`the Kubernetes API allows this agent ${right} now`);
  };
  return {
    note(right, answer) {
      if (answer.kind === 'failed') return;
      const isRefused = answer.kind === 'denied';
      if (isRefused && answer.status === 401) return lose(token, answer.message);
      gain(token);
      if (isRefused) lose(`to ${right}`, answer.message);
      else gain(`to ${right}`);
    },
    lacks: (right) => missing.has(`to ${right}`),
    missing: () => [...missing].sort(),
  };
}
