import type { ApiFinding, ApiStatus } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { plural } from '../format.ts';
import { checkAddress, nodeAddress } from '../route.ts';
import { type FindingGroup, groupFindings, ticketText } from '../ticket.ts';
import { Advice } from './advice.tsx';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';
import { Instant, Lasting } from './time.tsx';

/** The first of them show their evidence at once; the rest on demand. */
const SHOWN_OPEN = 3;

/** Causes with what each of them explains. */
export function Findings() {
  const { state } = useApp();
  const status = state.status.value?.value;
  if (status === undefined || status.findings.length === 0) return null;
  const groups = groupFindings(status.findings);
  return (
    <section class="panel" aria-labelledby="findings-title">
      <div class="panel-head">
        <h2 id="findings-title">{groups.some(isSerious) ? 'What is wrong' : 'Worth knowing'}</h2>
        <p class="muted">{countWords(status.findings, groups)}</p>
        <CopyButton text={() => textNow(status)} label="Copy as text" />
      </div>
      <ol class="findings">
        {groups.map((group, index) => (
          <Cause key={group.cause.id} group={group} open={index < SHOWN_OPEN && isSerious(group)} />
        ))}
      </ol>
    </section>
  );

  function textNow(shown: ApiStatus): string {
    return ticketText(shown, state.current.peek() ? undefined : state.asOf.peek());
  }
}

const isSerious = ({ cause }: FindingGroup): boolean => cause.severity !== 'info';

function countWords(findings: readonly ApiFinding[], groups: readonly FindingGroup[]): string {
  const causes = groups.filter(isSerious).length;
  const counts = [
    { count: causes, word: 'cause' },
    { count: findings.length - groups.length, word: 'consequence' },
    { count: groups.length - causes, word: 'note' },
  ];
  return counts
    .filter(({ count }) => count > 0)
    .map(({ count, word }) => plural(count, word))
    .join(', ');
}

function Cause({ group: { cause, consequences }, open }: { readonly group: FindingGroup; readonly open: boolean }) {
  return (
    <li class={`finding finding-${cause.severity}`}>
      <FindingHead finding={cause} level="cause" />
      {hasBody(cause) ? (
        <details class="fold" open={open}>
          <summary>Evidence and next steps</summary>
          <FindingBody finding={cause} />
        </details>
      ) : null}
      {consequences.length === 0 ? null : (
        <details class="fold">
          <summary>{plural(consequences.length, 'consequence')} of this</summary>
          <ul class="consequences">
            {consequences.map((finding) => (
              <li key={finding.id} class={`finding finding-${finding.severity}`}>
                <FindingHead finding={finding} level="consequence" />
                {finding.evidence.length === 0 ? null : (
                  <dl class="labelled finding-body">
                    <Labelled title="Evidence" entries={finding.evidence} />
                  </dl>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function FindingHead({ finding, level }: { readonly finding: ApiFinding; readonly level: 'cause' | 'consequence' }) {
  const { severity, nodeSeverity, node, nodes = [], check } = finding;
  return (
    <div class="finding-head">
      <Icon sign={severity} />
      {level === 'cause' ? (
        <h3 class="finding-sentence">{finding.sentence}</h3>
      ) : (
        <p class="finding-sentence">{finding.sentence}</p>
      )}
      <p class="finding-meta">
        <span class={`word word-${severity}`}>
          {severity === nodeSeverity ? severity : `${severity}, ${nodeSeverity} for ${node}`}
        </span>
        <span>
          since <Instant at={finding.since} />, for <Lasting since={finding.since} />
        </span>
        {nodes.length > 1 ? (
          <NodeNames names={nodes} />
        ) : check === undefined ? (
          <a href={nodeAddress(node)}>{node}</a>
        ) : (
          <a href={checkAddress(node, check)}>{`${node} / ${check}`}</a>
        )}
        <code>{finding.reason}</code>
      </p>
    </div>
  );
}

const NAMES_SHOWN = 8;

/** The nodes that a finding is about; of many the first. */
function NodeNames({ names }: { readonly names: readonly string[] }) {
  return (
    <span>
      {names.slice(0, NAMES_SHOWN).map((name, index) => (
        <span key={name}>
          {index === 0 ? '' : ', '}
          <a href={nodeAddress(name)}>{name}</a>
        </span>
      ))}
      {names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : null}
    </span>
  );
}

const hasBody = ({ evidence, dissent, alternatives, next }: ApiFinding): boolean =>
  evidence.length + dissent.length + alternatives.length + next.length > 0;

function FindingBody({ finding }: { readonly finding: ApiFinding }) {
  const { observers, dissent, evidence, alternatives, next } = finding;
  return (
    <dl class="labelled finding-body">
      <Labelled title="Evidence" entries={evidence} />
      <Labelled title="Seen by" entries={observers.length === 0 ? [] : [observers.join(', ')]} />
      <Labelled title="Disagree" entries={dissent.length === 0 ? [] : [dissent.join(', ')]} />
      <Labelled title="Could also be" entries={alternatives} />
      <Labelled title="Next" entries={next} advice />
    </dl>
  );
}

interface LabelledProps {
  readonly title: string;
  readonly entries: readonly string[];
  /** With commands to copy. */
  readonly advice?: boolean;
}

function Labelled({ title, entries, advice = false }: LabelledProps) {
  if (entries.length === 0) return null;
  return (
    <>
      <dt>{title}</dt>
      <dd>
        <ul>
          {entries.map((entry) => (
            <li key={entry}>{advice ? <Advice text={entry} /> : entry}</li>
          ))}
        </ul>
      </dd>
    </>
  );
}
