/** Settings of the notifications: when receivers are told. Who they are is set beside it. */
import { Type } from 'typebox';

export const TIMING = {
  groupWaitSeconds: Type.Number({
    default: 30,
    minimum: 0,
    maximum: 3600,
    description: 'How long the first news waits for more of it, so that what fails together is told together.',
  }),
  groupIntervalSeconds: Type.Number({
    default: 300,
    minimum: 1,
    maximum: 86_400,
    description:
      'How long a receiver is left alone after a message. What is critical, while nothing critical stood before, does not wait for it.',
  }),
  repeatHours: Type.Number({
    default: 4,
    minimum: 0.001,
    maximum: 168,
    description: 'What still stands is told again after so long.',
  }),
  rankDelaySeconds: Type.Number({
    default: 15,
    minimum: 1,
    maximum: 600,
    description:
      'How much later than the agent before it the next one tells what nobody has told by then. Longer than news takes to be everywhere.',
  }),
  resolveDelaySeconds: Type.Number({
    default: 60,
    minimum: 0,
    maximum: 86_400,
    description: 'How long a finding has to be gone before that is told; one that is back by then was never gone.',
  }),
};

/** What may stand in them is known to those who write messages. */
export const TEMPLATES = Type.Record(Type.String(), Type.String(), {
  default: {},
  description:
    'Lines that tell of an alert, by name, for receivers that name one as their `template`: `{{severity}} {{namespace}}/{{name}}: {{message}}`.',
});
