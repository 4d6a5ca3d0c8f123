import type { ApiCheck, ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { asItWas } from '../cells.ts';
import { type CatalogueCheck, catalogueOf, explanationOf } from '../checks.ts';
import { formatDuration, formatTook } from '../format.ts';
import { StateMark } from '../parts/checks-table.tsx';
import { isHistory } from '../members.ts';
import { HistoryPanel } from '../parts/history-panel.tsx';
import { ProblemList } from '../parts/problem-list.tsx';
import { ReadingsTable } from '../parts/readings-table.tsx';
import { Age, Instant, Lasting } from '../parts/time.tsx';
import { TimelinePanel } from '../parts/timeline-list.tsx';
import { nodeAddress, type Route } from '../route.ts';
import { words } from '../words/words.ts';
import type { Received } from '../state.ts';
import { useFocusedHeading } from './focus.ts';
import { Missing } from './missing.tsx';

interface CheckViewProps {
  readonly route: Extract<Route, { readonly view: 'check' }>;
  readonly entry: Received<ApiNode>;
}

/** Everything about one check of one node. */
export function CheckView({ route, entry }: CheckViewProps) {
  const { state } = useApp();
  const { node: text } = words();
  const found = entry.value.checks.find((candidate) => candidate.check === route.check);
  const isPast = isHistory(entry.value);
  const check = found !== undefined && isPast ? asItWas(found) : found;
  if (check === undefined) return <Missing text={text.runsNo(route.node, route.check)} />;
  const listed = catalogueOf(state.catalogue.value, check.check);
  return (
    <>
      <nav class="crumbs" aria-label={text.where}>
        <a href="#/">{text.all}</a>
        <a href={nodeAddress(route.node)}>{route.node}</a>
        <span aria-current="page">{check.check}</span>
      </nav>
      <div class="columns">
        <div class="column">
          <CheckPanel check={check} receivedAt={entry.receivedAt} listed={listed} isPast={isPast} />
          <HistoryPanel node={route.node} check={check.check} listed={listed} />
        </div>
        <div class="column">
          {check.readings.length === 0 ? null : (
            <section class="panel" aria-labelledby="readings-title">
              <div class="panel-head">
                <h2 id="readings-title">{text.lastReadings}</h2>
              </div>
              <ReadingsTable readings={check.readings} listed={listed} />
            </section>
          )}
          <TimelinePanel node={route.node} check={check.check} />
        </div>
      </div>
    </>
  );
}

interface CheckPanelProps {
  readonly check: ApiCheck;
  readonly receivedAt: number;
  readonly listed: CatalogueCheck | undefined;
  readonly isPast: boolean;
}

function CheckPanel({ check, receivedAt, listed, isPast }: CheckPanelProps) {
  const heading = useFocusedHeading(check.check);
  const { node: text, time } = words();
  const explanation = check.status === 'problem' && !check.overdue ? undefined : explanationOf(check);
  return (
    <section class={isPast ? 'panel panel-past' : 'panel'} aria-labelledby="check-title">
      <div class="panel-head">
        <h2 id="check-title" ref={heading} tabIndex={-1}>
          {check.title}
        </h2>
        <StateMark check={check} isPast={isPast} />
        {check.confirming ? <span class="tag">{text.confirming}</span> : null}
      </div>
      {isPast ? (
        <p class="notice" role="note">
          <strong>{text.history}</strong> {text.past}
        </p>
      ) : null}
      {listed === undefined ? null : <p class="description">{listed.description}</p>}
      {explanation === undefined ? null : <p class="explanation explanation-large">{explanation}</p>}
      {check.problems.length === 0 ? null : <ProblemList problems={check.problems} />}
      <dl class="figures">
        <div>
          <dt>{text.inThisState}</dt>
          <dd>
            <Lasting since={check.since} />{' '}
            <span class="muted">
              {time.since} <Instant at={check.since} />
            </span>
          </dd>
        </div>
        <div>
          <dt>{text.lastRun}</dt>
          <dd>
            <Age seconds={check.ageSeconds} receivedAt={receivedAt} />
            {check.ageSeconds === null ? null : ` ${text.ago}`}
          </dd>
        </div>
        <div>
          <dt>{text.itTook}</dt>
          <dd class="number">{check.durationSeconds === null ? text.neverRan : formatTook(check.durationSeconds)}</dd>
        </div>
        <div>
          <dt>{text.runsEvery}</dt>
          <dd class="number">{formatDuration(check.intervalSeconds)}</dd>
        </div>
      </dl>
    </section>
  );
}
