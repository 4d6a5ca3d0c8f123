import type { ComponentChildren } from 'preact';
import type { ApiMember, ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { EDGE_WORDS, isHistory, standingOf } from '../members.ts';
import { nodeAddress } from '../route.ts';
import type { Received } from '../state.ts';
import { useFocusedHeading } from '../views/focus.ts';
import { Icon } from './icon.tsx';
import { Age, Instant, Lasting } from './time.tsx';

/** A node's agent: how it is, by its own word and by that of the others. */
export function NodeHead({ entry }: { readonly entry: Received<ApiNode> }) {
  const { state, members } = useApp();
  const node = entry.value;
  const heading = useFocusedHeading(node.node);
  const member = members.answer.value?.value.members.find((candidate) => candidate.node === node.node);
  const standing = standingOf(node) ?? {
    sign: 'ok',
    word: node.node === state.self.value ? 'this agent' : 'connected',
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
            since <Instant at={node.memberSince} />, for <Lasting since={node.memberSince} />
          </p>
        )}
      </div>
      {isPast ? <History entry={entry} /> : null}
      {isPast ? <InMaintenance node={node} /> : null}
      {node.sentence === '' || isPast ? null : <p>{node.sentence}</p>}
      {member === undefined ? null : <MemberNotes member={member} />}
      <dl class="figures">
        <Figure title="Its report">
          {node.ageSeconds === null ? (
            'none has come yet'
          ) : (
            <>
              <Age seconds={node.ageSeconds} receivedAt={entry.receivedAt} /> old
            </>
          )}
          <span class="muted">{FRESHNESS_WORDS[node.freshness ?? 'own']}</span>
        </Figure>
        <Figure title="Agent">
          {node.version ?? 'unknown version'}
          {node.startedAt === undefined ? null : (
            <span class="muted">
              started <Instant at={node.startedAt} />
            </span>
          )}
        </Figure>
        {member?.place === undefined ? null : (
          <Figure title="In Kubernetes">
            {member.place.controlPlane ? 'control plane' : 'worker'}
            {member.place.zone === undefined ? null : <span class="muted">zone {member.place.zone}</span>}
          </Figure>
        )}
        {member === undefined || member.testimony.length === 0 ? null : <Testimony member={member} />}
      </dl>
    </section>
  );
}

const FRESHNESS_WORDS = {
  own: 'by this agent itself',
  current: 'current',
  lagging: 'lagging: there is a later one',
  stale: 'history: not connected',
} as const;

const Figure = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);

/** Says before anything else that the rest of the page is from the past. */
function History({ entry }: { readonly entry: Received<ApiNode> }) {
  const { state } = useApp();
  const { node, ageSeconds } = entry.value;
  return (
    <p class="notice" role="note">
      <strong>History.</strong> {state.self.value} does not hear the agent on {node} now.{' '}
      {ageSeconds === null ? (
        'No report of it is known.'
      ) : (
        <>
          What follows is what it last said, <Age seconds={ageSeconds} receivedAt={entry.receivedAt} /> ago. Nobody
          knows how it is now.
        </>
      )}
    </p>
  );
}

/** Of a node that is heard its sentence says so. */
function InMaintenance({ node: { maintenance } }: { readonly node: ApiNode }) {
  if (maintenance === undefined) return null;
  const { until, by, reason } = maintenance;
  return (
    <p>
      In maintenance until <Instant at={until} />
      {reason === undefined ? '' : ` (${reason})`}, by {by}.
    </p>
  );
}

const LEAVING_WORDS = {
  restart: 'It said that it restarts.',
  shutdown: 'It said that its host or its pod ends.',
  removed: 'It said that it is being removed and does not come back.',
} as const;

function MemberNotes({ member }: { readonly member: ApiMember }) {
  const notes = [
    ...(member.judged ? [] : ['This was known before this agent started, and was not judged since.']),
    ...(member.leaving === undefined ? [] : [LEAVING_WORDS[member.leaving]]),
    ...(member.falls === undefined ? [] : [`It comes and goes: ${member.falls} times in two minutes.`]),
  ];
  if (notes.length === 0 && member.graceUntil === undefined) return null;
  return (
    <p class="muted">
      {notes.join(' ')}
      {member.graceUntil === undefined ? null : (
        <>
          {' '}
          Nobody is woken for it until <Instant at={member.graceUntil} />.
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
      <dt>Its observers say</dt>
      {groups.map(([state, witnesses]) => (
        <dd key={state}>
          <span class="state state-link">
            <Icon sign={EDGE_WORDS[state].sign} />
            <span>{EDGE_WORDS[state].word}</span>
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
