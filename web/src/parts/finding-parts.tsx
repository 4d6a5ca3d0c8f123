/** What a finding says: its head, and the evidence and steps below. All that the API tells of it has its place here. */
import type { ApiFinding } from '../../../agent/http/contract.ts';
import { checkAddress, nodeAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { Advice } from './advice.tsx';
import { Icon } from './icon.tsx';
import { Instant, Lasting } from './time.tsx';

/** `place`: of a cause, its number in the list; absent: it is a consequence. */
export function FindingHead({ finding, place }: { readonly finding: ApiFinding; readonly place?: number }) {
  const { severity, nodeSeverity, node, since, overBy, subject, reason, observers, dissent } = finding;
  const { findings: text, severity: names, time } = words();
  return (
    <div class="finding-head">
      <Icon sign={severity} />
      {place === undefined ? (
        <p class="finding-sentence" lang="en">
          {finding.sentence}
        </p>
      ) : (
        <h3 class="finding-sentence">
          <span class="finding-place number">{place}.</span> <span lang="en">{finding.sentence}</span>
        </h3>
      )}
      <p class="finding-meta">
        <span class={`word word-${severity}`}>
          {names[severity]}
          {severity === nodeSeverity ? null : `${words().comma}${text.forNode(names[nodeSeverity], node)}`}
        </span>
        <span>
          {time.since} <Instant at={since} />, {time.for} <Lasting since={since} />
        </span>
        {overBy === undefined ? null : (
          <span>
            {text.overBy} <Instant at={overBy} />
          </span>
        )}
        <About finding={finding} />
        {subject === undefined ? null : <span>{subject}</span>}
        <span>
          {observers.length === 0 ? null : text.seenByMany(observers.length)}
          {dissent.length === 0 ? null : (
            <strong class="dissent">
              {observers.length === 0 ? '' : words().comma}
              {text.dissentMany(dissent.length)}
            </strong>
          )}
        </span>
        <code>{reason}</code>
      </p>
    </div>
  );
}

/** Where it is: its check, its node, or its nodes. */
function About({ finding: { node, nodes = [], check } }: { readonly finding: ApiFinding }) {
  if (nodes.length > 1) {
    return (
      <span>
        <Names names={nodes} />
        {check === undefined ? null : ` / ${check}`}
      </span>
    );
  }
  if (check === undefined) return <a href={nodeAddress(node)}>{node}</a>;
  return <a href={checkAddress(node, check)}>{`${node} / ${check}`}</a>;
}

const NAMES_SHOWN = 8;

/** Nodes, of many the first. */
function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <>
      {names.slice(0, NAMES_SHOWN).map((name, index) => (
        <span key={name}>
          {index === 0 ? '' : ', '}
          <a href={nodeAddress(name)}>{name}</a>
        </span>
      ))}
      {names.length > NAMES_SHOWN ? words().findings.andMore(names.length - NAMES_SHOWN) : null}
    </>
  );
}

export const hasBody = ({ evidence, dissent, alternatives, next }: ApiFinding): boolean =>
  evidence.length + dissent.length + alternatives.length + next.length > 0;

export function FindingBody({ finding }: { readonly finding: ApiFinding }) {
  const { observers, dissent, evidence, alternatives, next } = finding;
  const { findings: text } = words();
  return (
    <dl class="labelled finding-body">
      <Labelled title={text.evidence} entries={evidence} />
      <Nodes title={text.seenBy} names={observers} />
      <Nodes title={text.disagree} names={dissent} />
      <Labelled title={text.alternatives} entries={alternatives} />
      <Labelled title={text.next} entries={next} advice />
    </dl>
  );
}

function Nodes({ title, names }: { readonly title: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <dt>{title}</dt>
      <dd>
        <Names names={names} />
      </dd>
    </>
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
            <li key={entry} lang="en">
              {advice ? <Advice text={entry} /> : entry}
            </li>
          ))}
        </ul>
      </dd>
    </>
  );
}
