import { useApp } from '../app.ts';
import { asItWas, cellLook, cellWord } from '../cells.ts';
import { explanationOf } from '../checks.ts';
import { isHistory, standingOf } from '../members.ts';
import { words } from '../words/words.ts';
import { groupWords } from './fleet-group.tsx';
import { Icon } from './icon.tsx';
import { Age, Instant, Lasting } from './time.tsx';

interface CellHintProps {
  readonly node: string;
  readonly check: string;
  readonly title: string;
}

/** What a cell stands for, with its age as it is now. */
export function CellHint({ node, check: id, title }: CellHintProps) {
  const { state } = useApp();
  const { fleet, time } = words();
  const entry = state.nodes.of(node).value;
  if (entry === undefined) return <p>{`${fleet.cell(title, node, fleet.notRead)}.`}</p>;
  if ('failure' in entry) return <p>{entry.failure}</p>;
  if (entry.value.ageSeconds === null) return <p>{fleet.noReportYet}</p>;
  const check = entry.value.checks.find((candidate) => candidate.check === id);
  if (check === undefined) return <p>{`${fleet.runsNot(node, title)}.`}</p>;
  const isPast = isHistory(entry.value);
  const explanation = explanationOf(isPast ? asItWas(check) : check);
  return (
    <>
      <p class="hint-title">
        <strong>{title}</strong> {fleet.onNode(node)}
      </p>
      <p class="hint-state">
        <Icon sign={cellLook(check, isPast)} />
        <strong>{cellWord(check, isPast)}</strong>
        {isPast ? (
          <span>
            {time.since} <Instant at={check.since} />
          </span>
        ) : (
          <SinceFor at={check.since} />
        )}
      </p>
      {explanation === undefined ? null : <p class="hint-text">{explanation}</p>}
      <p class="muted">
        {check.ageSeconds === null ? (
          fleet.neverRan
        ) : (
          <>
            {fleet.lastRun} <Age seconds={check.ageSeconds} receivedAt={entry.receivedAt} /> {fleet.ago}
            {isPast ? fleet.lastHeard : null}
          </>
        )}
        {check.confirming && !isPast ? fleet.confirmed : null}
      </p>
    </>
  );
}

/** A node in brief. Of one against which nothing is known the list has no more than the name. */
export function NodeHint({ node }: { readonly node: string }) {
  const { state } = useApp();
  const { fleet } = words();
  const held = state.summaries.value;
  const listed = held?.value.nodes.find((candidate) => candidate.node === node);
  if (held === undefined || listed === undefined) return <p>{node}</p>;
  const entry = state.nodes.of(node).value;
  const isRead = listed.counts === undefined && entry !== undefined && 'value' in entry;
  const summary = isRead ? entry.value : listed;
  const { counts, member, memberSince, sentence = '', ageSeconds } = summary;
  const standing = standingOf(summary);
  return (
    <>
      <p class="hint-title">
        <strong>{node}</strong> <span class="muted">{groupWords({ role: listed.role, zone: listed.zone })}</span>
      </p>
      {standing === undefined ? null : (
        <p class="hint-state">
          <Icon sign={standing.sign} />
          <strong>{standing.word}</strong>
          {memberSince === undefined || member === 'alive' ? null : <SinceFor at={memberSince} />}
        </p>
      )}
      {sentence === '' ? null : <p class="hint-text">{sentence}</p>}
      <p class="muted">
        {counts === undefined ? fleet.nothingKnown : `${fleet.counts(counts)} `}
        {ageSeconds === undefined ? null : ageSeconds === null ? (
          fleet.noReportYet
        ) : (
          <>
            {fleet.report} <Age seconds={ageSeconds} receivedAt={isRead ? entry.receivedAt : held.receivedAt} />{' '}
            {fleet.old}
          </>
        )}
      </p>
    </>
  );
}

function SinceFor({ at }: { readonly at: string }) {
  const { time } = words();
  return (
    <span>
      {time.since} <Instant at={at} />, {time.for} <Lasting since={at} />
    </span>
  );
}
