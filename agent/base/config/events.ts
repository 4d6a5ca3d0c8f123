/** The settings of the events of the Kubernetes API. */
import { Type } from 'typebox';

export const EVENTS = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether the events of the Kubernetes API are read, by one agent for all. Needs the right to list and watch events; without it, or without Kubernetes, everything else goes on.',
    }),
    drop: Type.Array(
      Type.String({
        pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$',
        maxLength: 128,
        expects: 'the reason of an event: `DNSConfigForming`',
      }),
      {
        default: ['DNSConfigForming'],
        description: 'Reasons of which nothing is kept and nothing is judged; the same on all nodes.',
      },
    ),
    days: Type.Integer({ default: 7, minimum: 1, maximum: 365, description: 'How long an event is kept.' }),
    maxMebibytes: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 4096,
      description:
        'Bound on the events that this node keeps, within `store.maxMebibytes` and never more than an eighth of it. The oldest go first.',
    }),
  },
  { description: 'Events of the Kubernetes API.' },
);
