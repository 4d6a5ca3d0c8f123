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
        container: Type.String(),
        watch: Type.String({ description: 'By which watch of `checks.logs.watches`.' }),
        state: oneOf(STATES, 'As above, of this run of the container.'),
        why: Type.Optional(Type.String({ description: 'What was seen, and what speaks against a restart.' })),
        since: Instant('Since when it is so.'),
      }),
    ),
  },
  { $id: 'Liveness' },
);

export type ApiLiveness = Static<typeof LivenessSchema>;
