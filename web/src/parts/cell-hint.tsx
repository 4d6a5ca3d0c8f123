import { useApp } from '../app.ts';
import { asItWas, cellLook, cellWord } from '../cells.ts';
import { explanationOf } from '../checks.ts';
import { plural } from '../format.ts';
import { isHistory, standingOf } from '../members.ts';
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
  const entry = state.nodes.of(node).value;
  if (entry === undefined) return <p>{`${title} on ${node}: not read yet.`}</p>;
  if ('failure' in entry) return <p>{entry.failure}</p>;
  if (entry.value.ageSeconds === null) return <p>{`No report of ${node} has come yet.`}</p>;
  const check = entry.value.checks.find((candidate) => candidate.check === id);
  if (check === undefined) return <p>{`${node} does not run ${title}.`}</p>;
  const isPast = isHistory(entry.value);
  const explanation = explanationOf(isPast ? asItWas(check) : check);
  return (
    <>
      <p class="hint-title">
        <strong>{title}</strong> on {node}
      </p>
      <p class="hint-state">
        <Icon sign={cellLook(check, isPast)} />
        <strong>{cellWord(check, isPast)}</strong>
        <span>
          since <Instant at={check.since} />
          {isPast ? null : (
            <>
              , for <Lasting since={check.since} />
            </>
          )}
        </span>
      </p>
      {explanation === undefined ? null : <p class="hint-text">{explanation}</p>}
      <p class="muted">
        {check.ageSeconds === null ? (
          'It never ran.'
        ) : (
          <>
            Last run <Age seconds={check.ageSeconds} receivedAt={entry.receivedAt} /> ago
            {isPast ? ', as last heard' : null}
          </>
        )}
        {check.confirming && !isPast ? ', being confirmed' : null}
      </p>
    </>
  );
}

/** A node in brief. */
export function NodeHint({ node }: { readonly node: string }) {
  const { state } = useApp();
  const held = state.summaries.value;
  const summary = held?.value.nodes.find((candidate) => candidate.node === node);
  if (held === undefined || summary === undefined) return <p>{node}</p>;
  const { counts, member, memberSince } = summary;
  const standing = standingOf(summary);
  return (
    <>
      <p class="hint-title">
        <strong>{node}</strong>
      </p>
      {standing === undefined ? null : (
        <p class="hint-state">
          <Icon sign={standing.sign} />
          <strong>{standing.word}</strong>
          {memberSince === undefined || member === 'alive' ? null : (
            <span>
              since <Instant at={memberSince} />, for <Lasting since={memberSince} />
            </span>
          )}
        </p>
      )}
      {summary.sentence === '' ? null : <p class="hint-text">{summary.sentence}</p>}
      <p class="muted">
        {`${counts.ok} ok, ${plural(counts.problem, 'problem')}, ${counts.unknown} unknown, ${counts.absent} absent. `}
        {summary.ageSeconds === null ? (
          'No report has come yet.'
        ) : (
          <>
            Report <Age seconds={summary.ageSeconds} receivedAt={held.receivedAt} /> old.
          </>
        )}
      </p>
    </>
  );
}
