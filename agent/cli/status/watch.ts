/** `meerkat status --watch`: asks again and again, and shows the whole status or what is new in it. */
import type { Clock } from '../../base/clock.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { AgentError, messageOf } from '../../base/errors.ts';
import type { ApiStatus } from '../../http/contract.ts';
import { formatInstant } from '../../model/text.ts';
import type { Target } from '../lib/arguments.ts';
import { foldHead } from '../lib/output.ts';
import { type Told, changesOf } from './changes.ts';
import { type Size, fit, redraw } from './screen.ts';

/** `screen`: the whole text, drawn over itself. `lines`: a line for each change. `json`: the status after each. */
export type WatchForm = 'screen' | 'lines' | 'json';

export interface WatchOptions {
  /** The next one is asked while one does not answer. */
  readonly targets: readonly Target[];
  readonly everyMs: number;
  readonly form: WatchForm;
}

export interface WatchDeps {
  /** @throws {AgentError} `unavailable` when nobody answers */
  readonly ask: (target: Target, path: string) => Promise<string>;
  readonly write: (text: string) => void;
  readonly colour: (text: string) => string;
  readonly size: () => Size;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * Goes on until the signal is aborted, also while nobody answers.
 *
 * @throws {AgentError} when nobody answers the first time, or an agent refuses the question: as without `--watch`
 */
export async function watch({ targets, everyMs, form }: WatchOptions, deps: WatchDeps): Promise<void> {
  const { clock, signal } = deps;
  const view = form === 'screen' ? createScreen(deps, everyMs) : createLog(deps, form);
  const path = `/api/v1/status?format=${form === 'screen' ? 'text' : 'json'}`;
  let turn = 0;
  let isFirst = true;
  let isSilent = false;
  while (!signal.aborted) {
    const round = await askRound(targets, turn, path, deps);
    if (signal.aborted) return;
    if (isFirst && round.answer === undefined) throw round.failures[0]?.error;
    if (round.answer === undefined) {
      if (!isSilent) view.silent(round.failures.map(({ message }) => message));
    } else {
      const { turn: next, body } = round.answer;
      const target = targets[next];
      const place = target === undefined ? '' : formatEndpoint(target);
      if (isSilent || next !== turn)
        view.moved(
          place,
          round.failures.map(({ message }) => message),
        );
      turn = next;
      view.show(place, body);
    }
    isSilent = round.answer === undefined;
    isFirst = false;
    await clock.sleep(everyMs, signal);
  }
}

interface Round {
  readonly answer?: { readonly turn: number; readonly body: string };
  readonly failures: readonly { readonly message: string; readonly error: unknown }[];
}

/** Asks the one that answered last, then the others behind it. */
async function askRound(
  targets: readonly Target[],
  turn: number,
  path: string,
  { ask, signal }: WatchDeps,
): Promise<Round> {
  const failures: Round['failures'][number][] = [];
  for (let step = 0; step < targets.length && !signal.aborted; step += 1) {
    const next = (turn + step) % targets.length;
    const target = targets[next];
    if (target === undefined) continue;
    try {
      return { answer: { turn: next, body: await ask(target, path) }, failures };
    } catch (error) {
      // A mistake on the command line does not go away.
      if (error instanceof AgentError && error.exit === 'usage') throw error;
      failures.push({ message: messageOf(error), error });
    }
  }
  return { failures };
}

interface View {
  show(place: string, body: string): void;
  /** Another agent is asked from now on, or one answers again. */
  moved(place: string, failures: readonly string[]): void;
  /** Nobody answers. */
  silent(failures: readonly string[]): void;
}

/** A line for each change, with the time at which it was heard of. */
function createLog({ write, clock }: WatchDeps, form: WatchForm): View {
  let told: Told | undefined;
  const tell = (line: string): void => {
    const at = new Date(clock.now()).toISOString();
    if (form === 'lines') write(`${at.slice(0, 10)} ${at.slice(11, 19)}Z  ${line}\n`);
  };
  return {
    show(_place, body) {
      const status = JSON.parse(body) as ApiStatus;
      const { lines, told: next } = changesOf(told, status, clock.now());
      told = next;
      for (const line of lines) tell(`${status.view.node}  ${line}`);
      if (form === 'json' && lines.length > 0) write(`${body}\n`);
    },
    moved(place, failures) {
      for (const failure of failures) tell(failure);
      tell(failures.length === 0 ? `${place} answers again` : `now asking ${place}`);
    },
    silent(failures) {
      for (const failure of failures) tell(failure);
      tell('nobody answers: trying again');
    },
  };
}

function createScreen({ write, colour, size, clock }: WatchDeps, everyMs: number): View {
  let last = '';
  let notice: readonly string[] = [];
  const draw = (head: readonly string[]): void => {
    const { columns } = size();
    const text = [...head, '', foldHead(last, columns)].join('\n');
    write(redraw(colour(fit(text, size()))));
  };
  const time = (): string => formatInstant(clock.now(), clock.now());
  return {
    show(place, body) {
      last = body;
      draw([`Every ${everyMs / 1000} s; ${place} said at ${time()}; Ctrl-C ends`, ...notice]);
    },
    moved(_place, failures) {
      notice = failures;
    },
    silent(failures) {
      notice = [];
      draw([`Nobody answers since ${time()}; below is what was said last; Ctrl-C ends`, ...failures]);
    },
  };
}
