import type { ApiProblem } from '../../../agent/http/contract.ts';
import { Advice } from './advice.tsx';
import { Icon } from './icon.tsx';
import { Instant, Lasting } from './time.tsx';

/** What a check found, what that means and what to do about it. */
export function ProblemList({ problems }: { readonly problems: readonly ApiProblem[] }) {
  return (
    <ol class="findings">
      {problems.map((problem) => (
        <li key={`${problem.reason}/${problem.subject ?? ''}`} class={`finding finding-${problem.severity}`}>
          <div class="finding-head">
            <Icon sign={problem.severity} />
            <h3 class="finding-sentence">{problem.message}</h3>
            <p class="finding-meta">
              <span class={`word word-${problem.severity}`}>{problem.severity}</span>
              <span>
                since <Instant at={problem.since} />, for <Lasting since={problem.since} />
              </span>
              {problem.subject === undefined ? null : <span>{problem.subject}</span>}
              <code>{problem.reason}</code>
            </p>
          </div>
          <dl class="labelled finding-body">
            <dt>What it means</dt>
            <dd>{problem.summary}</dd>
            <dt>What to do</dt>
            <dd>
              <Advice text={problem.remedy} />
            </dd>
          </dl>
        </li>
      ))}
    </ol>
  );
}
