import type { ComponentChildren } from 'preact';
import type { ApiMember } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import type { NodeBrief } from '../fleet.ts';
import { edgeWording, isHistory, standingOf } from '../members.ts';
import { nodeAddress } from '../route.ts';
import type { Received } from '../state.ts';
import { words } from '../words/words.ts';
import { useFocusedHeading } from '../views/focus.ts';
import { Icon } from './icon.tsx';
import { Age, Instant, Lasting } from './time.tsx';

/** A node's agent: how it is, by its own word and by that of the others, as far as it has come. */
export function NodeHead({ entry }: { readonly entry: Received<NodeBrief> }) {
  const { state, member: feed } = useApp();
  const { node: text, time } = words();
  const node = entry.value;
  const heading = useFocusedHeading(node.node);
  const told = feed.answer.value?.value;
  const member = told?.node === node.node ? told : undefined;
  const standing = standingOf(node) ?? {
    sign: 'ok',
    word: node.node === state.self.value ? text.thisAgent : text.connected,
  };
  const isPast = isHistory(node);
  return (
    <section class="panel" aria-labelledby="node-title">
      <div class="panel-head">
        <h2 id="node-title" ref={heading} tabIndex={-1}>
          {node.node}
        </h2>
        <span class="state state-link">
          <Icon sign={standing.sign} />
          <span>{standing.word}</span>
        </span>
        {node.memberSince === undefined ? null : (
          <p class="muted">
            {time.since} <Instant at={node.memberSince} />, {time.for} <Lasting since={node.memberSince} />
          </p>
        )}
      </div>
      {isPast ? <History entry={entry} /> : null}
      {isPast ? <InMaintenance node={node} /> : null}
      {isPast || !node.sentence ? null : <p lang="en">{node.sentence}</p>}
      {member === undefined ? null : <MemberNotes member={member} />}
      {node.ageSeconds === undefined ? null : <Figures entry={entry} age={node.ageSeconds} member={member} />}
    </section>
  );
}

function Figures({
  entry,
  age,
  member,
}: {
  readonly entry: Received<NodeBrief>;
  /** Of its report, seconds; null: there is none. */
  readonly age: number | null;
  readonly member: ApiMember | undefined;
}) {
  const { node: text } = words();
  const node = entry.value;
  return (
    <dl class="figures">
      <Figure title={text.itsReport}>
        {age === null ? (
          text.noneCame
        ) : (
          <>
            <Age seconds={age} receivedAt={entry.receivedAt} /> {text.old}
          </>
        )}
        <span class="muted">{text.freshness[node.freshness ?? 'own']}</span>
      </Figure>
      <Figure title={text.agent}>
        {node.version ?? text.unknownVersion}
        {node.startedAt === undefined ? null : (
          <span class="muted">
            {text.started} <Instant at={node.startedAt} />
          </span>
        )}
      </Figure>
      {node.role === undefined ? null : (
        <Figure title={text.inKubernetes}>
          {text.roles[node.role]}
          {node.zone === undefined ? null : <span class="muted">{text.zone(node.zone)}</span>}
        </Figure>
      )}
      {member === undefined || member.testimony.length === 0 ? null : <Testimony member={member} />}
    </dl>
  );
}

const Figure = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);

/** Says before anything else that the rest of the page is from the past. */
function History({ entry }: { readonly entry: Received<NodeBrief> }) {
  const { state } = useApp();
  const { node: text } = words();
  const { node, ageSeconds } = entry.value;
  return (
    <p class="notice" role="note">
      <strong>{text.history}</strong> {text.notHeard(state.self.value ?? '', node)}{' '}
      {ageSeconds === null || ageSeconds === undefined ? (
        text.noReport
      ) : (
        <>
          {text.follows} <Age seconds={ageSeconds} receivedAt={entry.receivedAt} /> {text.agoUnknown}
        </>
      )}
    </p>
  );
}

/** Of a node that is heard its sentence says so. */
function InMaintenance({ node: { maintenance } }: { readonly node: NodeBrief }) {
  if (maintenance === undefined) return null;
  const { until, by, reason } = maintenance;
  const { node: text } = words();
  return (
    <p>
      {text.maintenance} <Instant at={until} />
      {reason === undefined ? '' : ` (${reason})`}
      {text.by(by)}
    </p>
  );
}

function MemberNotes({ member }: { readonly member: ApiMember }) {
  const { node: text } = words();
  const notes = [
    ...(member.judged ? [] : [text.notJudged]),
    ...(member.leaving === undefined ? [] : [text.leaving[member.leaving]]),
    ...(member.falls === undefined ? [] : [text.falls(member.falls)]),
  ];
  if (notes.length === 0 && member.graceUntil === undefined) return null;
  return (
    <p class="muted">
      {notes.join(' ')}
      {member.graceUntil === undefined ? null : (
        <>
          {' '}
          {text.nobodyWoken} <Instant at={member.graceUntil} />.
        </>
      )}
    </p>
  );
}

/** What each of its observers says, by what it says. */
function Testimony({ member }: { readonly member: ApiMember }) {
  const groups = [...Map.groupBy(member.testimony, ({ state }) => state)];
  return (
    <div class="testimony">
      <dt>{words().node.observersSay}</dt>
      {groups.map(([state, witnesses]) => (
        <dd key={state}>
          <span class="state state-link">
            <Icon sign={edgeWording(state).sign} />
            <span>{edgeWording(state).word}</span>
          </span>{' '}
          {witnesses.map(({ observer }, index) => (
            <span key={observer}>
              {index === 0 ? '' : ', '}
              <a href={nodeAddress(observer)}>{observer}</a>
            </span>
          ))}
        </dd>
      ))}
    </div>
  );
}
