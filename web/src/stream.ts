/**
 * Keeps what the page shows current, and knows when it is not. Server-sent events carry changes; whenever what is held
 * is {@link PERIOD_MS} old it asks, so a silent stream is found out and polling goes on where streams do not work.
 */

export type Link =
  /** Nothing was heard yet, and nothing failed. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** No stream; it asks every few seconds. */
  | { readonly kind: 'polling' }
  /** What is shown is history. */
  | ({ readonly kind: 'lost' } & Failure)
  | { readonly kind: 'paused' };

export interface StreamHandlers {
  /** The stream delivered something. */
  readonly heard: () => void;
  readonly failed: () => void;
}

export interface LiveDeps {
  /** Unix ms. Wall clock on purpose: it goes on while a machine sleeps, and what is shown is old after that. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Opens the stream, which applies what it delivers. Returns how to close it. */
  readonly open: (handlers: StreamHandlers) => () => void;
  /** Asks for everything on show and applies it. Rejects when there is no answer. */
  readonly refresh: () => Promise<void>;
  /** When the oldest part of what is shown was received. */
  readonly receivedAt: () => number;
  readonly report: (link: Link) => void;
}

export interface Live {
  /** To be called every second. */
  tick(): void;
  pause(): void;
  resume(): void;
  /** A hidden page gives its connection back (a browser has six for each agent) and asks rarely. */
  setVisible(visible: boolean): void;
  /** Asks at once: the operator wants to know now, or looks at something else. */
  refreshNow(): void;
}

/** Older than this is asked for. */
const PERIOD_MS = 5000;
const HIDDEN_PERIOD_MS = 15_000;
const RETRY_MS = 2000;
/** Not heard for so long is lost. A hidden page's timers run once a minute only. */
const LOST_MS = 10_000;
const HIDDEN_LOST_MS = 120_000;
const REOPEN_FIRST_MS = 1000;
const REOPEN_LAST_MS = 15_000;
const UNAUTHORIZED = 401;
const SILENCE: Failure = { why: 'No answer from this agent.', answered: false };

export const createLive = (deps: LiveDeps): Live => new Connection(deps);

export interface Failure {
  readonly why: string;
  /** The agent lives and says why it gives nothing. */
  readonly answered: boolean;
  /** It asks for a token, or for another one. */
  readonly asksToken?: true;
}

const failureOf = (error: unknown): Failure =>
  error instanceof Error
    ? {
        why: error.message,
        answered: 'answered' in error && error.answered === true,
        ...('status' in error && error.status === UNAUTHORIZED && { asksToken: true as const }),
      }
    : { why: String(error), answered: false };

class Connection implements Live {
  readonly #deps: LiveDeps;
  #close: (() => void) | undefined;
  /** The stream is open and has delivered. */
  #streaming = false;
  #failures = 0;
  #reopenAt = -Infinity;
  #heardAt: number | undefined;
  #askedAt = -Infinity;
  #asking = false;
  /** How the last request failed, while nothing was heard since. */
  #failure: Failure | undefined;
  #paused = false;
  #visible = true;

  constructor(deps: LiveDeps) {
    this.#deps = deps;
  }

  tick(): void {
    if (this.#paused) return;
    const now = this.#deps.now();
    if (this.#close === undefined && this.#visible && now >= this.#reopenAt) this.#open();
    const period = this.#visible ? PERIOD_MS : HIDDEN_PERIOD_MS;
    // A clock that was set back makes ages negative: ask then too.
    const age = now - this.#deps.receivedAt();
    const sinceAsked = now - this.#askedAt;
    const hasWaited = sinceAsked < 0 || sinceAsked >= (this.#failure === undefined ? period : RETRY_MS);
    if (hasWaited && (age < 0 || age >= period || this.#failure !== undefined)) void this.#ask();
    this.#report();
  }

  pause(): void {
    this.#paused = true;
    this.#shut();
    this.#report();
  }

  resume(): void {
    this.#paused = false;
    this.#reopenAt = -Infinity;
    this.tick();
    void this.#ask();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.#reopenAt = -Infinity;
    else this.#shut();
    this.tick();
  }

  refreshNow(): void {
    if (!this.#paused) void this.#ask();
  }

  #linkNow(): Link {
    if (this.#paused) return { kind: 'paused' };
    if (this.#failure !== undefined) return { kind: 'lost', ...this.#failure };
    if (this.#heardAt === undefined) return { kind: 'connecting' };
    const silence = this.#deps.now() - this.#heardAt;
    if (silence > (this.#visible ? LOST_MS : HIDDEN_LOST_MS)) return { kind: 'lost', ...SILENCE };
    return { kind: this.#streaming ? 'live' : 'polling' };
  }

  #report(): void {
    this.#deps.report(this.#linkNow());
  }

  #heard(): void {
    this.#heardAt = this.#deps.now();
    this.#failure = undefined;
    this.#report();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const startedAt = this.#deps.now();
    this.#askedAt = startedAt;
    try {
      await this.#deps.refresh();
      this.#heard();
    } catch (error) {
      // What the stream delivered in the meantime outweighs one request that failed.
      const heardSince = this.#heardAt !== undefined && this.#heardAt > startedAt;
      if (!heardSince) this.#failure = failureOf(error);
    } finally {
      this.#asking = false;
      this.#report();
    }
  }

  #open(): void {
    this.#close = this.#deps.open({ heard: () => this.#delivered(), failed: () => this.#broke() });
  }

  #shut(): void {
    this.#close?.();
    this.#close = undefined;
    this.#streaming = false;
  }

  #delivered(): void {
    this.#failures = 0;
    this.#heard();
    if (this.#streaming) return;
    // Whatever happened while there was no stream was missed.
    this.#streaming = true;
    void this.#ask();
  }

  #broke(): void {
    this.#shut();
    const delay = Math.min(REOPEN_LAST_MS, REOPEN_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#reopenAt = this.#deps.now() + delay * (0.5 + this.#deps.random() / 2);
    void this.#ask();
  }
}
