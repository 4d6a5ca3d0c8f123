/** The API's schemas of the scenes of failures. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

const INCIDENT = {
  id: Type.String(),
  node: Type.String({ description: 'The node that has the scene.' }),
  at: Instant('When the failure was noticed.'),
  namespace: Type.String(),
  pod: Type.String(),
  container: Type.String({ description: 'Empty: it is about the pod as a whole.' }),
  cause: oneOf(
    ['ended', 'restarted', 'crash-loop', 'not-ready', 'dead', 'asked'],
    '`ended`: with a code that is not 0, or for its memory. `restarted`: it runs anew, and how it ended is not known, or was well. `crash-loop`: it ended well, and its kubelet waits before it starts it again. `not-ready`: its pod was ready, and has not been for a minute. `dead`: by a watch with liveness. `asked`: a person asked for it.',
  ),
  run: Type.Optional(Type.Integer({ description: 'How often it had been restarted before the run that ended.' })),
  exitCode: Type.Optional(Type.Integer()),
  reason: Type.Optional(Type.String({ description: 'Kubernetes’ word: `OOMKilled`, `Error`.' })),
  ranSeconds: Type.Optional(Type.Number({ description: 'For how long that run lasted.' })),
  reduced: Type.Boolean({ description: 'The Kubernetes API said nothing of it: it was seen by its logs alone.' }),
};

export const SceneInShortSchema = Type.Object(
  {
    ...INCIDENT,
    held: oneOf(
      ['here', 'elsewhere', 'away'],
      '`here`: the agent that answers has the scene. `elsewhere`: the agent of its node has it. `away`: so it has, and is not connected now.',
    ),
    urls: Type.Array(Type.String(), {
      description: 'Where the agent that has it can be asked; empty: here, or not known.',
    }),
  },
  { $id: 'SceneInShort' },
);

export const ScenesSchema = Type.Object(
  {
    node: Type.String({
      description: 'The node that answers: of its own all scenes are listed, of others the newest.',
    }),
    scenes: Type.Array(SceneInShortSchema, { description: 'Newest first.' }),
  },
  { $id: 'Scenes' },
);

const ContainerSchema = Type.Object({
  name: Type.String(),
  state: oneOf(['running', 'waiting', 'terminated', 'unknown'], 'As the API said last.'),
  restarts: Type.Integer(),
  waiting: Type.Optional(Type.String({ description: 'Why it does not run.' })),
  ended: Type.Optional(
    Type.Object(
      {
        exitCode: Type.Integer(),
        signal: Type.Optional(Type.Integer()),
        reason: Type.Optional(Type.String()),
        message: Type.Optional(Type.String()),
        ranSeconds: Type.Optional(Type.Number()),
        finishedAt: Type.Optional(Instant('By the kubelet.')),
      },
      { description: 'How it ended last.' },
    ),
  ),
  image: Type.Optional(Type.String()),
  imageId: Type.Optional(Type.String()),
  limits: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const SceneSchema = Type.Object(
  {
    ...INCIDENT,
    notKept: Type.Integer({ description: 'Failures of the pod since the scene before, of which none was kept.' }),
    podStatus: Type.Optional(
      Type.Object(
        {
          phase: Type.String(),
          ready: Type.Boolean(),
          because: Type.Optional(Type.String()),
          conditions: Type.Array(
            Type.Object({
              type: Type.String(),
              status: Type.String(),
              since: Type.Optional(Instant('By the kubelet.')),
              because: Type.Optional(Type.String()),
            }),
          ),
          containers: Type.Array(ContainerSchema, { description: 'The one that it is about first.' }),
          omittedContainers: Type.Integer(),
        },
        {
          description:
            'Without environment, annotations and volumes. Absent: the API said nothing; `missing` says why.',
        },
      ),
    ),
    events: Type.Optional(
      Type.Array(
        Type.Object({
          at: Instant('When last, by the clock of whoever wrote it.'),
          type: Type.String(),
          reason: Type.String(),
          message: Type.String(),
          component: Type.String({ description: 'What wrote it.' }),
          container: Type.Optional(Type.String()),
          occurrences: Type.Integer({ description: 'How often within the hour before.' }),
        }),
        {
          description:
            'What the Kubernetes API was told of the pod in the hour before, oldest first. Absent: the scene is of an earlier version.',
        },
      ),
    ),
    logs: Type.Array(
      Type.Object({
        container: Type.String(),
        run: Type.Integer({ description: 'How often it had been restarted before.' }),
        lines: Type.Array(Type.Object({ at: Instant('By the runtime.'), stream: Type.String(), text: Type.String() })),
        cut: Type.Boolean({ description: 'There were lines before these.' }),
        maskedLines: Type.Integer({ description: 'Lines in which something was replaced that looks like a secret.' }),
        unreadableLines: Type.Integer({ description: 'Lines in a form that is not known.' }),
      }),
      { description: 'The ends of the logs of the run that ended and of the one beside it.' },
    ),
    nodeThen: Type.Object(
      {
        status: Type.String(),
        sentence: Type.String(),
        findings: Type.Array(Type.String(), { description: 'What was said of this node.' }),
        component: Type.Optional(Type.Integer({ description: 'Members that were connected to it, itself included.' })),
        members: Type.Integer(),
        checks: Type.Array(
          Type.Object({ check: Type.String(), status: Type.String(), words: Type.Array(Type.String()) }),
        ),
        readings: Type.Array(
          Type.Object({
            check: Type.String(),
            name: Type.String(),
            subject: Type.Optional(Type.String()),
            value: Type.Number(),
          }),
        ),
        changes: Type.Array(Type.Object({ at: Instant('When.'), words: Type.String() }), {
          description: 'Of the 15 minutes before.',
        }),
      },
      { description: 'What the node looked like, as its agent had it.' },
    ),
    missing: Type.Array(Type.String(), { description: 'What could not be looked at, and why.' }),
  },
  { $id: 'Scene' },
);

export const CapturedSchema = Type.Object(
  { id: Type.String(), message: Type.String({ description: 'The same in a sentence.' }) },
  { $id: 'Captured' },
);

/** Where a scene is that the agent which was asked does not have. */
export const SceneElsewhereSchema = Type.Object(
  {
    code: oneOf(['Elsewhere'], 'Another agent has it.'),
    message: Type.String(),
    node: Type.String(),
    urls: Type.Array(Type.String(), { description: 'Where that agent can be asked; empty: not known.' }),
  },
  { $id: 'SceneElsewhere' },
);

export type ApiSceneInShort = Static<typeof SceneInShortSchema>;
export type ApiScenes = Static<typeof ScenesSchema>;
export type ApiScene = Static<typeof SceneSchema>;
export type ApiCaptured = Static<typeof CapturedSchema>;
export type ApiSceneElsewhere = Static<typeof SceneElsewhereSchema>;
