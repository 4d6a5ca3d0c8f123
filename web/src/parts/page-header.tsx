import { useApp } from '../app.ts';
import { formatClock } from '../format.ts';
import type { Link } from '../stream.ts';
import { nextTheme, theme } from '../theme.ts';

const LINK_WORDS: Readonly<Record<Link['kind'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  polling: 'Every 5 s',
  lost: 'No answer',
  paused: 'Paused',
};

const linkWord = (link: Link): string => (link.kind === 'lost' && link.answered ? 'Refused' : LINK_WORDS[link.kind]);

/** The name, the connection, and the two switches. */
export function PageHeader() {
  const { state } = useApp();
  return (
    <header class="header">
      <a class="brand" href="#/">
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
          <path d="M16 3c4.4 0 7 3.4 7 7.6 0 2.4-.8 4.3-1.6 6.4-.8 2.2-1.2 4.4-1.2 7.5V29h-8.4v-4.5c0-3.1-.4-5.3-1.2-7.5C9.8 14.9 9 13 9 10.6 9 6.4 11.6 3 16 3z" />
          <circle cx="13" cy="10.5" r="1.9" />
          <circle cx="19" cy="10.5" r="1.9" />
        </svg>
        <span>Meerkat</span>
      </a>
      <div class="header-end">
        <span class={`link link-${state.link.value.kind}`}>
          <span class="link-dot" aria-hidden="true" />
          {linkWord(state.link.value)}
        </span>
        <span class="clock number" title="The agent's clock">
          {formatClock(state.tick.value + state.clockOffsetMs.value)} UTC
        </span>
        <PauseButton />
        <ThemeButton />
      </div>
    </header>
  );
}

function PauseButton() {
  const { state, live } = useApp();
  const isPaused = state.link.value.kind === 'paused';
  return (
    <button
      type="button"
      class="button"
      aria-pressed={isPaused}
      onClick={() => (isPaused ? live.resume() : live.pause())}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </button>
  );
}

function ThemeButton() {
  const { value } = theme;
  return (
    <button
      type="button"
      class="button button-icon"
      onClick={nextTheme}
      aria-label={`Colours: ${value}. Change.`}
      title={`Colours: ${value}`}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="6" />
        <path class="icon-half" d="M8 2a6 6 0 0 1 0 12z" />
      </svg>
      <span>{value === 'auto' ? 'Auto' : value === 'light' ? 'Light' : 'Dark'}</span>
    </button>
  );
}
