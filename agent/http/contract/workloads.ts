/** The API's schemas of what people run in the cluster. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

const STATES = ['alive', 'unknown', 'suppressed', 'dead'] as const;

export const LivenessSchema = Type.Object(
  {
    node: Type.String({ description: 'The node that answers: only its own containers are asked about.' }),
    state: oneOf(
      STATES,
      '`dead`: it fails, and may be restarted. `suppressed`: it fails, and a restart is not what helps. `unknown`: it cannot be told, or nobody asks for it. Of a workload: `dead` where all of its containers here are.',
    ),
    containers: Type.Array(
      Type.Object({
        pod: Type.String(),
        container: Type.String({ description: 'Empty: all of the pod, as one.' }),
        watch: Type.String({
          description:
            'By which watch of `checks.logs.watches`; `signals-…`: by what is said of a workload of `signals.liveness`.',
        }),
        state: oneOf(STATES, 'As above, of this run of the container.'),
        why: Type.Optional(Type.String({ description: 'What was seen, and what speaks against a restart.' })),
        since: Instant('Since when it is so.'),
        asked: Type.Optional(Instant('When a probe asked after it last; absent: none has since the agent started.')),
        nobodyAsks: Type.Optional(
          Type.Boolean({ description: 'No probe has asked after it for ten minutes: nothing would restart it.' }),
        ),
      }),
    ),
  },
  { $id: 'Liveness' },
);

export type ApiLiveness = Static<typeof LivenessSchema>;

export const SignalsSchema = Type.Object(
  {
    signals: Type.Array(
      Type.Object({
        namespace: Type.String(),
        workload: Type.String({ description: 'A Deployment, DaemonSet, StatefulSet or Job, or a pod.' }),
        container: Type.Optional(Type.String({ description: 'Absent: the whole workload.' })),
        name: Type.String({ description: 'Of the alert.' }),
        message: Type.Optional(Type.String()),
        source: oneOf(['api', 'grafana', 'alertmanager'], 'Who says it.'),
        state: oneOf(
          ['firing', 'unknown'],
          '`unknown`: it was firing and was not said again in time; whether it is over nobody said. What is over is not listed.',
        ),
        since: Instant('Since when it fires.'),
        said: Instant('When it was said last.'),
        until: Instant('It is unknown from then on, unless it is said again.'),
        by: Type.String({ description: 'The node whose agent was told last.' }),
      }),
    ),
  },
  { $id: 'Signals' },
);

export const SignalsTakenSchema = Type.Object(
  {
    taken: Type.Integer({ description: 'Signals that were set, renewed or cleared, or were clear.' }),
    ignoredCount: Type.Integer({ description: 'Alerts that change nothing.' }),
    ignored: Type.Array(
      Type.Object({
        what: Type.String({ description: 'Name of the alert.' }),
        why: Type.String({ description: 'Why it changes nothing.' }),
      }),
      { description: 'The first twenty of them.' },
    ),
  },
  { $id: 'SignalsTaken' },
);

export type ApiSignals = Static<typeof SignalsSchema>;
export type ApiSignalsTaken = Static<typeof SignalsTakenSchema>;
