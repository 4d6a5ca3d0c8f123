/** What the bodies of notifications must be, to the letter. */
import { type TSchema, Type } from 'typebox';
import { Errors } from 'typebox/schema';

export interface StrictBody {
  /** What is wrong with it, a sentence each. */
  readonly faults: readonly string[];
  /** What people would read. */
  readonly text: string;
  /** Empty where the text alone tells. */
  readonly alerts: readonly StrictAlert[];
}

export interface StrictAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Of webhooks alone. */
  readonly fingerprint?: string;
}

const closed = { additionalProperties: false };
/** https://prometheus.io/docs/concepts/data_model/ */
const WORDS = Type.Record(Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }), Type.String(), closed);
/** RFC 3339. */
const INSTANT = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' });
const STATUS = Type.String({ enum: ['firing', 'resolved'] });
const GO_ZERO = '0001-01-01T00:00:00Z';

/** Of Alertmanager's own types: template.Data and webhook.Message. */
const WEBHOOK = Type.Object(
  {
    version: Type.Literal('4'),
    groupKey: Type.String({ minLength: 1 }),
    truncatedAlerts: Type.Integer({ minimum: 0 }),
    status: STATUS,
    receiver: Type.String({ minLength: 1 }),
    groupLabels: WORDS,
    commonLabels: WORDS,
    commonAnnotations: WORDS,
    externalURL: Type.String(),
    alerts: Type.Array(
      Type.Object(
        {
          status: STATUS,
          labels: WORDS,
          annotations: WORDS,
          startsAt: INSTANT,
          endsAt: INSTANT,
          generatorURL: Type.String(),
          fingerprint: Type.String({ pattern: '^[0-9a-f]{16}$' }),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  closed,
);

/** postableAlerts of Alertmanager's API, version 2. */
const ALERTS = Type.Array(
  Type.Object({ labels: WORDS, annotations: WORDS, startsAt: INSTANT, endsAt: INSTANT }, closed),
  { minItems: 1 },
);

const AT = Type.Object({ isAtAll: Type.Literal(false) }, closed);
const DINGTALK = Type.Union([
  Type.Object(
    {
      msgtype: Type.Literal('markdown'),
      markdown: Type.Object({ title: Type.String({ minLength: 1 }), text: Type.String({ minLength: 1 }) }, closed),
      at: AT,
    },
    closed,
  ),
  Type.Object(
    { msgtype: Type.Literal('text'), text: Type.Object({ content: Type.String({ minLength: 1 }) }, closed), at: AT },
    closed,
  ),
]);

/** https://docs.slack.dev/reference/block-kit/blocks/section-block: what a webhook may not choose is no part of it. */
const SLACK = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 3000 }),
    blocks: Type.Array(
      Type.Object(
        {
          type: Type.Literal('section'),
          text: Type.Object(
            {
              type: Type.Literal('mrkdwn'),
              verbatim: Type.Literal(true),
              text: Type.String({ minLength: 1, maxLength: 3000 }),
            },
            closed,
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 50 },
    ),
  },
  closed,
);

export function readSlack(text: string): StrictBody {
  type Message = { readonly text: string; readonly blocks: readonly { readonly text: { readonly text: string } }[] };
  return read(text, SLACK, ({ text: title, blocks }: Message) => {
    const told = blocks.map((block) => block.text.text);
    const faults = [title, ...told].flatMap((one) => [
      ...(/[<>]|&(?!(amp|lt|gt);)/.test(one) ? ['something in it is not escaped'] : []),
      ...(/[a-z]:\/\//i.test(one) ? ['there is an address in it'] : []),
      ...(one.includes('@') ? ['somebody is called in it'] : []),
    ]);
    return { faults, text: told.join('\n'), alerts: [] };
  });
}

export function readWebhook(text: string): StrictBody {
  type Message = { readonly status: string; readonly alerts: readonly StrictAlert[] };
  return read(text, WEBHOOK, ({ status, alerts }: Message) => {
    const isFiring = alerts.some((alert) => alert.status === 'firing');
    const faults = [
      ...((status === 'firing') === isFiring ? [] : [`it is ${status}, its alerts are not`]),
      ...alerts.flatMap((alert) => alertFaults(alert, alert.endsAt === GO_ZERO ? 'firing' : 'resolved')),
      ...(new Set(alerts.map(({ fingerprint }) => fingerprint)).size === alerts.length
        ? []
        : ['an alert is in it twice']),
    ];
    return { faults, alerts, text: summaries(alerts) };
  });
}

export function readAlerts(text: string): StrictBody {
  return read(text, ALERTS, (posted: readonly Omit<StrictAlert, 'status'>[]) => {
    // Whoever posts says when it ends; what ends in the future fires.
    const alerts = posted.map(
      (one) => ({ ...one, status: Date.parse(one.endsAt) > Date.now() ? 'firing' : 'resolved' }) as const,
    );
    return { faults: alerts.flatMap((alert) => alertFaults(alert, alert.status)), alerts, text: summaries(alerts) };
  });
}

export function readDingtalk(text: string): StrictBody {
  type Message = { readonly markdown?: { readonly text: string }; readonly text?: { readonly content: string } };
  return read(text, DINGTALK, ({ markdown, text: plain }: Message) => {
    const told = markdown?.text ?? plain?.content ?? '';
    // Names and sentences of the cluster make no links and call nobody.
    const faults = [
      ...(/(?<!\\)\]\(/.test(told) ? ['there is a link in it'] : []),
      ...(/[a-z]:\/\//i.test(told) ? ['there is an address in it'] : []),
      ...(told.includes('@') ? ['somebody is called in it'] : []),
      ...(/^\s*#/m.test(told.replace(/^### /, '')) ? ['there is another heading in it'] : []),
    ];
    return { faults, text: told, alerts: [] };
  });
}

function alertFaults({ status, labels, annotations, startsAt, endsAt }: StrictAlert, right: string): string[] {
  const name = labels['alertname'] ?? '';
  return [
    ...(name === '' ? ['an alert has no name'] : []),
    ...(status === right ? [] : [`${name} is ${status}, and by its end ${right}`]),
    ...((annotations['summary'] ?? '') === '' ? [`${name} has no summary`] : []),
    ...Object.entries(labels).flatMap(([label, value]) =>
      value === '' ? [`${name} has an empty label ${label}`] : [],
    ),
    ...(endsAt !== GO_ZERO && Date.parse(endsAt) < Date.parse(startsAt) ? [`${name} ends before it begins`] : []),
  ];
}

const summaries = (alerts: readonly StrictAlert[]): string =>
  alerts.map(({ annotations }) => annotations['summary'] ?? '').join('\n');

/** @param judge what the schema does not tell */
function read(text: string, schema: TSchema, judge: (body: never) => StrictBody): StrictBody {
  const wrong = (faults: readonly string[]): StrictBody => ({ faults, text: '', alerts: [] });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return wrong(['its body is no JSON']);
  }
  const [isRight, errors] = Errors(schema, body);
  if (isRight) return judge(body as never);
  return wrong(errors.slice(0, 3).map(({ instancePath, message }) => `its body${instancePath} ${message}`));
}
