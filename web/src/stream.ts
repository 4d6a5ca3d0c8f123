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
  | { readonly kind: 'lost'; readonly why: string }
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

export function createLive(deps: LiveDeps): Live {
  let close: (() => void) | undefined;
  let streaming = false;
  let failures = 0;
  let reopenAt = -Infinity;
  let heardAt: number | undefined;
  let askedAt = -Infinity;
  let asking = false;
  let why: string | undefined;
  let paused = false;
  let visible = true;

  const heard = (): void => {
    heardAt = deps.now();
    why = undefined;
    report();
  };

  const report = (): void => deps.report(linkNow());
  const linkNow = (): Link => {
    if (paused) return { kind: 'paused' };
    if (why !== undefined) return { kind: 'lost', why };
    if (heardAt === undefined) return { kind: 'connecting' };
    if (deps.now() - heardAt > (visible ? LOST_MS : HIDDEN_LOST_MS)) {
      return { kind: 'lost', why: 'No answer from this agent.' };
    }
    return { kind: streaming ? 'live' : 'polling' };
  };

  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    askedAt = deps.now();
    const startedAt = askedAt;
    try {
      await deps.refresh();
      heard();
    } catch (error) {
      // What the stream delivered in the meantime outweighs one request that failed.
      if (heardAt === undefined || heardAt <= startedAt) why = error instanceof Error ? error.message : String(error);
    } finally {
      asking = false;
      report();
    }
  };

  const shut = (): void => {
    close?.();
    close = undefined;
    streaming = false;
  };

  const open = (): void => {
    close = deps.open({
      heard() {
        failures = 0;
        heard();
        if (streaming) return;
        // Whatever happened while there was no stream was missed.
        streaming = true;
        void ask();
      },
      failed() {
        shut();
        const delay = Math.min(REOPEN_LAST_MS, REOPEN_FIRST_MS * 2 ** failures);
        failures += 1;
        reopenAt = deps.now() + delay * (0.5 + deps.random() / 2);
        void ask();
      },
    });
  };

  const tick = (): void => {
    if (paused) return;
    const now = deps.now();
    if (close === undefined && visible && now >= reopenAt) open();
    const period = visible ? PERIOD_MS : HIDDEN_PERIOD_MS;
    // A clock that was set back makes ages negative: ask then too.
    const age = now - deps.receivedAt();
    const sinceAsked = now - askedAt;
    const waited = sinceAsked < 0 || sinceAsked >= (why === undefined ? period : RETRY_MS);
    if (waited && (age < 0 || age >= period || why !== undefined)) void ask();
    report();
  };

  return {
    tick,
    pause() {
      paused = true;
      shut();
      report();
    },
    resume() {
      paused = false;
      reopenAt = -Infinity;
      askedAt = -Infinity;
      tick();
      void ask();
    },
    setVisible(nowVisible) {
      visible = nowVisible;
      if (!visible) shut();
      else reopenAt = -Infinity;
      tick();
    },
    refreshNow() {
      if (!paused) void ask();
    },
  };
}
