import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../app.ts';
import { loadCharts } from '../charts-later.ts';
import type { CatalogueCheck } from '../checks.ts';
import { asSentence, formatFull } from '../format.ts';
import { createHistory, type History, type HistoryAnswer } from '../history.ts';
import type { Span } from '../series.ts';
import { narrow, RANGE_NAMES, shift, spanOf, widen, zoomOf, zoomTo } from '../spans.ts';
import { words } from '../words/words.ts';
import { ReadingChart } from './reading-chart.tsx';
import { titleOf } from './readings-table.tsx';

interface HistoryPanelProps {
  readonly node: string;
  readonly check: string;
  readonly listed: CatalogueCheck | undefined;
  /** Beside the title: which check is shown. */
  readonly chooser?: ComponentChildren;
}

/** Charts of every reading of a check, over the time that the address says. */
export function HistoryPanel({ node, check, listed, chooser }: HistoryPanelProps) {
  const { self, choices } = useApp().state;
  const history = useHistory(node, check, choices.range.value);
  const { state } = useApp();
  // While their data are on their way.
  useEffect(loadCharts, []);
  const failure = state.current.value ? history.failure.value : undefined;
  const answer = history.answer.value;
  const { chart } = words();
  return (
    <section class="panel" aria-labelledby="history-title">
      <div class="panel-head">
        <h2 id="history-title">{chart.title}</h2>
        {chooser}
        <Ranges />
      </div>
      <Zoomed />
      {failure === undefined ? null : (
        <p class="notice" role="note">
          {chart.fails(asSentence(failure))}
        </p>
      )}
      {self.value === undefined || self.value === node ? null : (
        <p class="description">{chart.ofPeer(self.value, node)}</p>
      )}
      {answer === undefined ? (
        history.failure.value === undefined ? (
          <p class="empty">{chart.reading}</p>
        ) : null
      ) : (
        <Charts answer={answer} listed={listed} zoom={(span) => (choices.range.value = zoomTo(span))} />
      )}
    </section>
  );
}

function Ranges() {
  const { choices } = useApp().state;
  const { chart } = words();
  return (
    <div class="filter" role="group" aria-label={chart.range}>
      {RANGE_NAMES.map((name) => (
        <button
          key={name}
          type="button"
          class="filter-button"
          aria-pressed={name === choices.range.value}
          onClick={() => (choices.range.value = name)}
        >
          {chart.ranges[name]}
        </button>
      ))}
    </div>
  );
}

/** Which part of the past is on show, and where to go from there: the same as dragging, for the keyboard. */
function Zoomed() {
  const { state } = useApp();
  const { choices } = state;
  const { chart } = words();
  const now = state.asOf.value / 1000;
  const zoomed = zoomOf(choices.range.value);
  const span = zoomed ?? spanOf(choices.range.value, now * 1000);
  const go = (next: Span): void => {
    choices.range.value = zoomTo(next);
  };
  return (
    <div class="chart-steps">
      {zoomed === undefined ? null : (
        <p class="muted">{chart.zoomed(formatFull(span.from * 1000), formatFull(span.to * 1000))}</p>
      )}
      <button type="button" class="button" onClick={() => go(narrow(span))}>
        {chart.narrower}
      </button>
      {zoomed === undefined ? null : (
        <button type="button" class="button" onClick={() => go(widen(span, now))}>
          {chart.wider}
        </button>
      )}
      <button type="button" class="button" onClick={() => go(shift(span, -1, now))}>
        {chart.earlier}
      </button>
      {zoomed === undefined ? null : (
        <button type="button" class="button" onClick={() => go(shift(span, 1, now))}>
          {chart.later}
        </button>
      )}
    </div>
  );
}

const REFRESH_MS = 30_000;
const RETRY_MS = 5000;

/** Loads at once and every half minute, while what is on show is current; sooner after a failure. */
function useHistory(node: string, check: string, choice: string): History {
  const { api, state } = useApp();
  const history = useMemo(() => createHistory(node, check, choice, api), [node, check, choice]);
  const shown = useSignal(history);
  shown.value = history;
  const loaded = useMemo(() => ({ history: undefined as History | undefined, at: 0 }), []);
  useSignalEffect(() => {
    const now = state.tick.value;
    const isNew = loaded.history !== shown.value;
    const waited = now - loaded.at >= (shown.value.failure.peek() === undefined ? REFRESH_MS : RETRY_MS);
    if (!isNew && (!state.current.value || document.hidden || !waited)) return;
    loaded.history = shown.value;
    loaded.at = now;
    void shown.value.load(now + state.clockOffsetMs.peek());
  });
  return history;
}

/** As the check lists its readings: what matters most comes first. */
function inOrder(charted: HistoryAnswer['charted'], listed: CatalogueCheck | undefined): HistoryAnswer['charted'] {
  const names = listed?.readings.map((reading) => reading.name) ?? [];
  return charted.toSorted((a, b) => names.indexOf(a.series.reading) - names.indexOf(b.series.reading));
}

/** So many are drawn at once; a check of many disks has more. */
const SHOWN_AT_FIRST = 12;

interface ChartsProps {
  readonly answer: HistoryAnswer;
  readonly listed: CatalogueCheck | undefined;
  readonly zoom: (span: Span) => void;
}

function Charts({ answer, listed, zoom }: ChartsProps) {
  const showsAll = useSignal(false);
  const { chart } = words();
  const { window } = answer;
  const charted = inOrder(answer.charted, listed);
  if (charted.length === 0) return <p class="empty">{chart.nothing}</p>;
  const shown = showsAll.value ? charted : charted.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <div class="charts">
        {shown.map(({ series: one, problems, events }) => (
          <ReadingChart
            key={`${one.reading}/${one.subject ?? ''}`}
            series={one}
            title={`${titleOf(listed, one.reading)}${one.subject === undefined ? '' : `, ${one.subject}`}`}
            window={window}
            problems={problems}
            events={events}
            zoom={zoom}
          />
        ))}
      </div>
      {shown.length === charted.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          {chart.showAll(charted.length)}
        </button>
      )}
      <p class="legend">
        {chart.line} <span class="legend-problem">{chart.shaded}</span>
        {chart.rest}
      </p>
    </>
  );
}
