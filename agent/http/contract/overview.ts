/** The API's schemas of what stands beside a status that is of now: the parts of the cluster, and other agents to ask. */
import { type Static, Type } from 'typebox';
import { oneOf } from './fields.ts';

export const AREAS = ['control-plane', 'workers', 'network', 'dns'] as const;

export const AreaSchema = Type.Object(
  {
    area: oneOf(
      AREAS,
      '`control-plane`: its parts, and the nodes that have one. `workers`: the other nodes. `network`: between nodes and pods. `dns`: of the cluster.',
    ),
    status: oneOf(
      ['ok', 'problem', 'unknown', 'absent'],
      '`problem`: a finding that is more than info. `ok`: all that looks at it looked, and there is none. `absent`: nothing here looks at it.',
    ),
    findings: Type.Array(Type.String(), { description: 'Ids of the findings, those that are info left out.' }),
    looked: Type.Integer({ description: 'Nodes of which every check of it that can look has looked.' }),
    of: Type.Integer({
      description:
        'Nodes with such checks; for their own part also nodes that are not connected, and for the network those that may be cut off.',
    }),
  },
  { $id: 'Area' },
);

export const ElsewhereSchema = Type.Object(
  {
    node: Type.String(),
    connected: Type.Boolean({
      description: 'To the agent that answers. Otherwise it may live on the other side of a partition.',
    }),
    urls: Type.Array(Type.String(), {
      description:
        'Where it answers, if it listens on the same port as the one that answers: `http://10.0.0.7:7575/`. Empty: not known.',
    }),
  },
  { $id: 'Elsewhere' },
);

export type ApiArea = Static<typeof AreaSchema>;
export type ApiElsewhere = Static<typeof ElsewhereSchema>;
