import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { useApp } from '../app.ts';
import type { CatalogueCheck } from '../checks.ts';
import { asSentence } from '../format.ts';
import { createHistory, type History, type HistoryAnswer } from '../history.ts';
import { checkAddress, type Range, RANGES } from '../route.ts';
import { ReadingChart } from './reading-chart.tsx';
import { titleOf } from './readings-table.tsx';

interface HistoryPanelProps {
  readonly node: string;
  readonly check: string;
  readonly range: Range;
  readonly listed: CatalogueCheck | undefined;
  /** Beside the title: which check is shown. */
  readonly chooser?: ComponentChildren;
  /** Takes a range. Without it a range is an address of the check's page. */
  readonly chooseRange?: (range: Range) => void;
}

const RANGE_WORDS: Readonly<Record<Range, string>> = { '3h': '3 h', '24h': '24 h', '7d': '7 d' };

/** Charts of every reading of a check. */
export function HistoryPanel({ node, check, range, listed, chooser, chooseRange }: HistoryPanelProps) {
  const history = useHistory(node, check, range);
  const { self } = useApp().state;
  const { value: answer } = history.answer;
  // Where nobody answers the banner says so already.
  const failure = useApp().state.current.value ? history.failure.value : undefined;
  return (
    <section class="panel" aria-labelledby="history-title">
      <div class="panel-head">
        <h2 id="history-title">History</h2>
        {chooser}
        <Ranges node={node} check={check} range={range} choose={chooseRange} />
      </div>
      {failure === undefined ? null : (
        <p class="notice" role="note">
          The history cannot be read now: {asSentence(failure)} The state above does not depend on it.
        </p>
      )}
      {self.value === undefined || self.value === node ? null : (
        <p class="description">
          {self.value} keeps only the shared readings of other nodes, one point a minute. The page of the agent on{' '}
          {node} has all of them.
        </p>
      )}
      {answer === undefined ? (
        history.failure.value === undefined ? (
          <p class="empty">Reading the history.</p>
        ) : null
      ) : (
        <Charts answer={answer} listed={listed} />
      )}
    </section>
  );
}

interface RangesProps {
  readonly node: string;
  readonly check: string;
  readonly range: Range;
  readonly choose: ((range: Range) => void) | undefined;
}

function Ranges({ node, check, range, choose }: RangesProps) {
  return (
    <nav class="filter" aria-label="Time range">
      {(Object.keys(RANGES) as Range[]).map((name) =>
        choose === undefined ? (
          <a
            key={name}
            class="filter-button"
            href={checkAddress(node, check, name)}
            aria-current={name === range ? 'true' : undefined}
          >
            {RANGE_WORDS[name]}
          </a>
        ) : (
          <button
            key={name}
            type="button"
            class="filter-button"
            aria-pressed={name === range}
            onClick={() => choose(name)}
          >
            {RANGE_WORDS[name]}
          </button>
        ),
      )}
    </nav>
  );
}

const REFRESH_MS = 30_000;
const RETRY_MS = 5000;

/** Loads at once and every half minute, while what is on show is current; sooner after a failure. */
function useHistory(node: string, check: string, range: Range): History {
  const { api, state } = useApp();
  const history = useMemo(() => createHistory(node, check, range, api), [node, check, range]);
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

function Charts({ answer, listed }: { readonly answer: HistoryAnswer; readonly listed: CatalogueCheck | undefined }) {
  const showsAll = useSignal(false);
  const { window } = answer;
  const charted = inOrder(answer.charted, listed);
  if (charted.length === 0) return <p class="empty">Nothing was measured in this time.</p>;
  const shown = showsAll.value ? charted : charted.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <div class="charts">
        {shown.map(({ series: one, problems }) => (
          <ReadingChart
            key={`${one.reading}/${one.subject ?? ''}`}
            series={one}
            title={`${titleOf(listed, one.reading)}${one.subject === undefined ? '' : `, ${one.subject}`}`}
            window={window}
            problems={problems}
          />
        ))}
      </div>
      {shown.length === charted.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          Show all {charted.length} charts
        </button>
      )}
      <p class="legend">
        Line: average. Band: smallest to largest. <span class="legend-problem">Shaded</span>: there was a problem. No
        line: nothing was measured. Drag to zoom, double-click to go back. Times are UTC.
      </p>
    </>
  );
}
