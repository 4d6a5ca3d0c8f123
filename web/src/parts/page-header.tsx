import { useApp } from '../app.ts';
import { formatClock } from '../format.ts';
import type { Link } from '../stream.ts';
import { nextTheme, theme } from '../theme.ts';
import { keepToken, token } from '../token.ts';
import { chooseLanguage, language, words } from '../words/words.ts';
import { openDialog } from './dialog.tsx';

function linkWord(link: Link): string {
  const { header } = words();
  return link.kind === 'lost' && link.answered ? header.refused : header.link[link.kind];
}

/** The name, the connection, the ways to elsewhere and the switches. */
export function PageHeader() {
  const { state } = useApp();
  const { header } = words();
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
        <LinkState />
        <span class="clock number" title={header.clock}>
          {formatClock(state.tick.value + state.clockOffsetMs.value)} UTC
        </span>
        <PauseButton />
        <Tool
          label={header.search}
          drawing="M10.6 10.6 14 14M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z"
          onClick={() => openDialog('search')}
        />
        <Tool
          label={header.past}
          drawing="M8 2a6 6 0 1 1-5.6 3.8M2 2.6v3.4h3.4M8 4.8V8l2.2 1.5"
          onClick={() => openDialog('past')}
        />
        <ThemeButton />
        <LanguageButton />
        <Tool
          label={header.help}
          drawing="M5.6 6C5.6 4.4 6.6 3.4 8 3.4s2.5.9 2.5 2.3C10.5 7.6 8 7.8 8 10M8 12.6v.1"
          onClick={() => openDialog('help')}
        />
        {token.value === undefined ? null : <SignOut />}
      </div>
    </header>
  );
}

/** How the page is connected. Where it shows the past, that comes first: what is live is not on show. */
function LinkState() {
  const { state } = useApp();
  const link = state.link.value;
  const isPast = state.at.value !== undefined && link.kind !== 'lost';
  return (
    <span class={`link link-${isPast ? 'past' : link.kind}`}>
      <span class="link-dot" aria-hidden="true" />
      {isPast ? words().header.inPast : linkWord(link)}
    </span>
  );
}

interface ToolProps {
  readonly label: string;
  /** Drawn on 16 × 16. */
  readonly drawing: string;
  readonly onClick: () => void;
}

/** A button with a drawing; its name is in its tooltip and for screen readers. */
function Tool({ label, drawing, onClick }: ToolProps) {
  return (
    <button type="button" class="button button-icon" aria-label={label} title={label} onClick={onClick}>
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={drawing} />
      </svg>
    </button>
  );
}

function PauseButton() {
  const { state, live } = useApp();
  const { header } = words();
  const isPaused = state.link.value.kind === 'paused';
  return (
    <button
      type="button"
      class="button"
      aria-pressed={isPaused}
      onClick={() => (isPaused ? live.resume() : live.pause())}
    >
      {isPaused ? header.resume : header.pause}
    </button>
  );
}

function ThemeButton() {
  const { header } = words();
  const name = header.theme[theme.value];
  return (
    <button
      type="button"
      class="button button-icon"
      onClick={nextTheme}
      aria-label={header.themeLabel(name)}
      title={header.themeLabel(name)}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="6" />
        <path class="icon-half" d="M8 2a6 6 0 0 1 0 12z" />
      </svg>
      <span class="tool-text">{name}</span>
    </button>
  );
}

/** Names the other language, in that language. */
function LanguageButton() {
  const isEnglish = language.value === 'en';
  return (
    <button
      type="button"
      class="button"
      lang={isEnglish ? 'zh-Hans' : 'en'}
      onClick={() => chooseLanguage(isEnglish ? 'zh' : 'en')}
    >
      {isEnglish ? '中文' : 'English'}
    </button>
  );
}

function SignOut() {
  const signOut = (): void => {
    keepToken(undefined);
    // What was read with it goes too.
    location.reload();
  };
  return (
    <button type="button" class="button" onClick={signOut}>
      {words().header.signOut}
    </button>
  );
}
