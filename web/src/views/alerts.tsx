/** What fires by people's own rules, and the rules. */
import type { ApiAlerts, ApiRule, ApiRuleAlert, ApiRules, ApiRulesFile } from '../../../agent/http/contract/alerts.ts';
import { useApp } from '../app.ts';
import { asSentence } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import type { Sign } from '../parts/shapes.ts';
import { Instant, Lasting } from '../parts/time.tsx';
import { nodeAddress } from '../route.ts';
import { watchedWords } from '../words/watched.ts';
import { words } from '../words/words.ts';
import { useFocusedHeading } from './focus.ts';
import { useFeed } from './use-feed.ts';

export function AlertsView() {
  const { state } = useApp();
  const heading = useFocusedHeading('alerts');
  const alerts = useFeed<ApiAlerts>('api/v1/alerts');
  const rules = useFeed<ApiRules>('api/v1/rules');
  const { alerts: own } = watchedWords();
  const answer = alerts.answer.value?.value;
  const failure = state.current.value ? (alerts.failure.value ?? rules.failure.value) : undefined;
  return (
    <>
      <section class="panel" aria-labelledby="alerts-title">
        <div class="panel-head">
          <h2 id="alerts-title" tabIndex={-1} ref={heading}>
            {own.title}
          </h2>
          <p class="muted">{answer === undefined || answer.firing === 0 ? null : own.firing(answer.firing)}</p>
          <a href="#/">{words().missing.back}</a>
          <a href="#/events">{own.toEvents}</a>
        </div>
        {failure === undefined ? null : (
          <p class="notice" role="note">
            {own.fails(asSentence(failure))}
          </p>
        )}
        {answer === undefined ? (
          failure === undefined ? (
            <p class="empty">{own.reading}</p>
          ) : null
        ) : (
          <Alerts answer={answer} />
        )}
      </section>
      {rules.answer.value === undefined ? null : <Rules {...rules.answer.value.value} />}
    </>
  );
}

/** Those that fire, then those that are over; before them what silence does not tell. */
function Alerts({ answer: { missing, alerts, unknown, firing, omitted = 0 } }: { readonly answer: ApiAlerts }) {
  const { alerts: own } = watchedWords();
  if (missing !== undefined)
    return (
      <p class="notice" role="note">
        {own.noRules(asSentence(missing))}
      </p>
    );
  const over = alerts.filter(({ state }) => state === 'over');
  return (
    <>
      {unknown.length === 0 ? null : (
        <p class="notice" role="note">
          {own.unknown(unknown.length)}
        </p>
      )}
      {omitted === 0 ? null : (
        <p class="notice" role="note">
          {own.omitted(omitted)}
        </p>
      )}
      {firing + omitted === 0 ? <p class="empty">{own.none}</p> : null}
      <List alerts={alerts.filter(({ state }) => state === 'firing')} />
      {over.length === 0 ? null : (
        <details class="fold">
          <summary>{own.over(over.length)}</summary>
          <List alerts={over} />
        </details>
      )}
      <p class="legend">{own.note}</p>
    </>
  );
}

const List = ({ alerts }: { readonly alerts: readonly ApiRuleAlert[] }) => (
  <ol class="findings">
    {alerts.map((alert) => (
      <Alert key={alert.fingerprint} alert={alert} />
    ))}
  </ol>
);

function Alert({ alert }: { readonly alert: ApiRuleAlert }) {
  const { fingerprint, severity, state, sentence, since, lastAt, ended, rule, key, nodes, round, by, current } = alert;
  const { alerts: own } = watchedWords();
  const { severity: names, time } = words();
  const isOver = state === 'over';
  const facts = Object.entries(alert.facts);
  return (
    <li class={`finding finding-${severity}`} data-finding={fingerprint} tabIndex={-1}>
      <div class="finding-head">
        <Icon sign={isOver ? 'past' : severity} />
        <h3 class={isOver ? 'finding-sentence muted' : 'finding-sentence'} lang="en">
          {sentence}
        </h3>
        <p class="finding-meta">
          <span class={`word word-${isOver ? 'absent' : severity}`}>{names[severity]}</span>
          <span>
            {time.since} <Instant at={since} />
            {isOver ? null : (
              <>
                , {time.for} <Lasting since={since} />
              </>
            )}
          </span>
          <span>
            {ended === undefined ? own.last : own.ended} <Instant at={ended ?? lastAt} />
          </span>
          <code>{rule}</code>
          {key === undefined ? null : <span>{key}</span>}
          {nodes.map((node) => (
            <a key={node} href={nodeAddress(node)}>
              {node}
            </a>
          ))}
          <span>
            {own.judgedBy} <a href={nodeAddress(by)}>{by}</a>{' '}
            {current ? null : <strong class="dissent">{own.away}</strong>}
          </span>
          <span>{own.round(round)}</span>
        </p>
      </div>
      {facts.length === 0 ? null : (
        <details class="fold">
          <summary>{own.facts}</summary>
          <dl class="labelled" lang="en">
            {facts.flatMap(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{value}</dd>])}
          </dl>
        </details>
      )}
    </li>
  );
}

const RULE_SIGNS: Readonly<Record<ApiRule['state'], Sign>> = { ok: 'ok', firing: 'warning', unknown: 'unknown' };

function Rules({ rules, file, missing }: ApiRules) {
  const { alerts: own } = watchedWords();
  if (missing !== undefined) return null;
  return (
    <section class="panel" aria-labelledby="rules-title">
      <div class="panel-head">
        <h2 id="rules-title">{own.rules}</h2>
        {file === undefined ? null : (
          <p class="muted">
            <code>{file.path}</code>
            {file.readAt === undefined ? null : (
              <>
                {words().comma}
                {own.readAt} <Instant at={file.readAt} />
              </>
            )}
          </p>
        )}
      </div>
      <Mistakes file={file} />
      <Others file={file} />
      {rules.length === 0 ? <p class="empty">{own.noneWritten}</p> : <RulesTable rules={rules} />}
    </section>
  );
}

function Mistakes({ file }: { readonly file: ApiRulesFile | undefined }) {
  if (file === undefined || file.mistakes.length === 0) return null;
  const { alerts: own } = watchedWords();
  return (
    <div class="notice" role="note">
      <p>
        {own.mistakes(file.path, file.mistakes.length)} {file.readAt === undefined ? own.noneHolds : own.othersHold}
      </p>
      <ul lang="en">
        {file.mistakes.map((mistake) => (
          <li key={mistake}>{mistake}</li>
        ))}
      </ul>
    </div>
  );
}

const MOST_NAMED = 10;

/** Whose rules are not those that are shown. */
function Others({ file: { others = [] } = { path: '', mistakes: [] } }: { readonly file: ApiRulesFile | undefined }) {
  if (others.length === 0) return null;
  const { alerts: own } = watchedWords();
  const rest = others.length - MOST_NAMED;
  const named = others.slice(0, MOST_NAMED).join(words().comma) + (rest > 0 ? own.more(rest) : '');
  return (
    <p class="notice" role="note">
      {own.others(named)}
    </p>
  );
}

function RulesTable({ rules }: { readonly rules: readonly ApiRule[] }) {
  const { alerts: own } = watchedWords();
  return (
    <table class="readings">
      <thead>
        <tr>
          {[own.rule, own.state, own.what, own.judge].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <RuleRow key={rule.name} rule={rule} />
        ))}
      </tbody>
    </table>
  );
}

function RuleRow({
  rule: { name, type, source, severity, state, why, firing, judge, place },
}: {
  readonly rule: ApiRule;
}) {
  const { alerts: own } = watchedWords();
  const sign = RULE_SIGNS[state];
  return (
    <tr>
      <th scope="row">
        <span>{name}</span>
        <code class="muted" lang="en">
          {place}
        </code>
      </th>
      <td>
        <span class={`state state-${sign}`}>
          <Icon sign={sign} />
          {own.states[state]}
          {firing > 1 ? ` ×${firing}` : ''}
        </span>
        {why === undefined ? null : (
          <p class="muted" lang="en">
            {why}
          </p>
        )}
      </td>
      <td>
        <span lang="en">{`${type} / ${source}`}</span>
        {words().comma}
        {words().severity[severity]}
      </td>
      <td>{judge === undefined ? own.eachNode : <a href={nodeAddress(judge)}>{judge}</a>}</td>
    </tr>
  );
}
