/** The section `rules`: what people's own rules are read from. */
import { Type } from 'typebox';

export const RULES = Type.Object(
  {
    file: Type.String({
      default: '',
      pattern: '^(/.*)?$',
      expects: 'an absolute path, or nothing',
      description:
        'File with rules over events, logs and results of checks; read again when it changes. While anything is wrong with it the rules before hold. `meerkat rules test FILE` says what it would have told.',
    }),
    builtIn: Type.Boolean({
      default: true,
      description:
        'Whether the rules that come with Meerkat hold as well: warnings that repeat, events of nodes, and the same warning on several nodes. Receivers are told of them only where they want the severity `info`.',
    }),
  },
  { description: 'Rules over events of Kubernetes, logs and results of checks. They never change the status.' },
);
