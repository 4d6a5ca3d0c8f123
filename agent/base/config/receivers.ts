/** The settings of `notifications.receivers`: who is told of what is broken, and how each wants to hear it. */
import { type Static, Type } from 'typebox';
import type { DeepReadonly } from './deep-readonly.ts';
import { showValue } from './text.ts';

export interface ReceiverMistake {
  /** Below the list: `[0].webhook.url`. */
  readonly at: string;
  readonly message: string;
}

const MOST_RECEIVERS = 16;
/** Of the addresses of one Alertmanager cluster. */
const MOST_URLS = 8;

const Address = (description: string, fallback?: string) =>
  Type.String({
    ...(fallback !== undefined && { default: fallback }),
    maxLength: 2000,
    pattern: '^https?://[^\\s]+$',
    expects: 'a URL that begins with https:// or http://',
    shown: 'origin',
    description,
  });
const File = (description: string) =>
  Type.String({ pattern: '^/', maxLength: 4096, expects: 'an absolute path', shown: 'path', description });
const Reasons = (description: string) =>
  Type.Array(
    Type.String({
      pattern: '^([A-Z][A-Za-z0-9]{0,99}|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$',
      expects: 'a reason as findings name it, or the name of a rule: NodeUnreachable, restart-storm',
    }),
    { default: [], maxItems: 200, description },
  );
const CA_FILE = Type.Optional(
  File('Certificate authority of the server in PEM; read anew for every message. Absent: what Node.js trusts.'),
);

const WEBHOOK = Type.Object(
  {
    url: Type.Optional(Address('Where messages are posted. One with a token in it belongs into `urlFile`.')),
    urlFile: Type.Optional(File('File with the URL, instead of `url`; read anew for every message.')),
    secretFile: Type.Optional(
      File(
        'File with a secret that both sides know. The header `X-Signature-256` then has the HMAC-SHA256 of the body, `sha256=` and 64 hexadecimal digits. Read anew for every message.',
      ),
    ),
    caFile: CA_FILE,
  },
  { shown: 'kind', description: 'A server that understands the webhooks of Alertmanager, version 4.' },
);

const DINGTALK = Type.Object(
  {
    tokenFile: File("File with the robot's `access_token`, and nothing else; read anew for every message."),
    secretFile: Type.Optional(
      File(
        'File with the secret that begins with `SEC`, where the robot wants signatures; read anew for every message.',
      ),
    ),
    keyword: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 50,
        pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$',
        expects: 'a text of 1 to 50 characters on one line',
        description: 'Put into every message, where the robot takes only messages with a keyword.',
      }),
    ),
    format: Type.Unsafe<'markdown' | 'text'>(
      Type.String({ enum: ['markdown', 'text'], default: 'markdown', description: 'How messages are written.' }),
    ),
    url: Address('The API of DingTalk, without the token.', 'https://oapi.dingtalk.com/robot/send'),
    caFile: CA_FILE,
  },
  { shown: 'kind', description: "A robot of one's own in a group of DingTalk." },
);

const SLACK = Type.Object(
  {
    urlFile: File(
      'File with the address of the webhook, which is a secret as a whole: whoever has it may write to its channel. Read anew for every message.',
    ),
    caFile: CA_FILE,
  },
  { shown: 'kind', description: 'An incoming webhook of Slack; its channel is chosen there.' },
);

const ALERTMANAGER = Type.Object(
  {
    url: Type.Optional(Address('Where Alertmanager is: http://alertmanager.monitoring:9093.')),
    urls: Type.Optional(
      Type.Array(Address(''), {
        minItems: 1,
        maxItems: MOST_URLS,
        uniqueItems: true,
        shown: 'kind',
        description: 'All of a cluster of them, instead of `url`: each is told.',
      }),
    ),
    caFile: CA_FILE,
  },
  { shown: 'kind', description: 'Alertmanager, which groups, silences and tells people itself.' },
);

const RECEIVER = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
      expects: 'a name in lower case: letters, digits and `-`, at most 63',
      description: 'Names the receiver wherever it is told of; no two may have the same.',
    }),
    webhook: Type.Optional(WEBHOOK),
    dingtalk: Type.Optional(DINGTALK),
    slack: Type.Optional(SLACK),
    alertmanager: Type.Optional(ALERTMANAGER),
    minSeverity: Type.Unsafe<'info' | 'warning' | 'critical'>(
      Type.String({
        enum: ['info', 'warning', 'critical'],
        default: 'warning',
        description: 'The least grave findings that it is told of.',
      }),
    ),
    reasons: Reasons('Reasons, and names of rules, that it is told of whatever their severity.'),
    except: Reasons(
      'Reasons, and names of rules, that it is not told of. A rule that names its receivers is told to them all the same.',
    ),
    template: Type.Optional(
      Type.String({
        maxLength: 100,
        expects: 'a name of notifications.templates',
        description:
          'Which of `notifications.templates` tells of each alert. Of a webhook it makes the annotation `summary`.',
      }),
    ),
    sendResolved: Type.Boolean({ default: true, description: 'Whether it is told when something is over.' }),
    perMinute: Type.Integer({
      default: 15,
      minimum: 1,
      maximum: 600,
      description:
        'So many messages in any minute from this agent at most; what is more waits. After a start no more than 5 in the first minute. A robot of DingTalk that gets more than 20 takes none for ten minutes; Slack gets one a second at most.',
    }),
    timeoutSeconds: Type.Number({
      default: 10,
      minimum: 1,
      maximum: 60,
      description: 'Deadline of one message; beyond it, it is tried again.',
    }),
  },
  { shown: 'kind' },
);

/** `notifications.receivers`. */
export const RECEIVERS = Type.Array(RECEIVER, {
  default: [],
  maxItems: MOST_RECEIVERS,
  shown: 'kind',
  description:
    'Who is told; each has a `name` and one of `webhook`, `dingtalk`, `slack` and `alertmanager`. Tokens and secrets are in files, never here.',
});

type Settings = DeepReadonly<Static<typeof RECEIVERS>[number]>;
const KINDS = ['webhook', 'dingtalk', 'slack', 'alertmanager'] as const;

/** What it is, as the configuration names it. */
export const receiverKind = (receiver: Settings): string => KINDS.find((kind) => receiver[kind] !== undefined) ?? '';

/** What the schema cannot tell: what excludes or needs each other, and addresses with secrets in them. */
export function receiverMistakes(receivers: readonly Settings[], templates: readonly string[]): ReceiverMistake[] {
  return receivers.flatMap((receiver, index) => {
    const twin = receivers.findIndex(({ name }) => name === receiver.name);
    return [
      ...(twin < index
        ? [{ at: '.name', message: `given "${receiver.name}", which receivers[${twin}] is called already.` }]
        : []),
      ...kindMistakes(receiver),
      ...addressMistakes(receiver),
      ...reasonMistakes(receiver),
      ...usedTemplateMistakes(receiver, templates),
    ].map(({ at, message }) => ({ at: `[${index}]${at}`, message }));
  });
}

function kindMistakes(receiver: Settings): ReceiverMistake[] {
  const given = KINDS.filter((kind) => receiver[kind] !== undefined);
  if (given.length === 0)
    return [{ at: '', message: `says not where to; give one of ${KINDS.join(', ')} beside its name.` }];
  const message = `stands beside ${given[0]}; give one of them, and the other to a receiver of its own.`;
  return given.slice(1).map((kind) => ({ at: `.${kind}`, message }));
}

function addressMistakes({ webhook, dingtalk, alertmanager }: Settings): ReceiverMistake[] {
  return [
    ...eitherMistakes('.webhook', webhook, 'url', 'urlFile'),
    ...eitherMistakes('.alertmanager', alertmanager, 'url', 'urls'),
    ...[
      { at: '.webhook.url', url: webhook?.url, instead: 'put all of it into a file and name that in urlFile' },
      { at: '.dingtalk.url', url: dingtalk?.url, instead: 'leave it out; the token is read from tokenFile' },
      { at: '.alertmanager.url', url: alertmanager?.url, instead: 'leave it out' },
      ...(alertmanager?.urls ?? []).map((url, index) => ({
        at: `.alertmanager.urls[${index}]`,
        url,
        instead: 'leave it out',
      })),
    ].flatMap(({ at, url, instead }) => {
      const fault = url === undefined ? undefined : urlFault(url, instead);
      return fault === undefined ? [] : [{ at, message: fault }];
    }),
  ];
}

function eitherMistakes<One extends string, Other extends string>(
  at: string,
  section: Readonly<Partial<Record<One | Other, unknown>>> | undefined,
  one: One,
  other: Other,
): ReceiverMistake[] {
  if (section === undefined) return [];
  const [hasOne, hasOther] = [section[one] !== undefined, section[other] !== undefined];
  if (hasOne && hasOther) return [{ at: `${at}.${other}`, message: `cannot stand beside ${one}; give one of them.` }];
  return hasOne || hasOther ? [] : [{ at: `${at}.${one}`, message: `is missing; give ${one} or ${other}.` }];
}

/** The message never has the address: it may be a secret. */
function urlFault(text: string, instead: string): string | undefined {
  if (!URL.canParse(text)) return 'is no URL; allowed: https://HOST[:PORT]/PATH.';
  const { username, password, search, hash } = new URL(text);
  const parts = [
    ...(username !== '' || password !== '' ? ['a user or a password'] : []),
    ...(search !== '' ? ['a query'] : []),
    ...(hash !== '' ? ['a fragment'] : []),
  ];
  return parts.length === 0 ? undefined : `has ${parts.join(' and ')}, which may be a secret; ${instead}.`;
}

function reasonMistakes({ reasons, except }: Settings): ReceiverMistake[] {
  const both = reasons.find((reason) => except.includes(reason));
  return both === undefined
    ? []
    : [{ at: '.except', message: `has ${both}, which is in reasons, too; take it out of one of them.` }];
}

function usedTemplateMistakes({ template, alertmanager }: Settings, names: readonly string[]): ReceiverMistake[] {
  if (template === undefined) return [];
  if (alertmanager !== undefined)
    return [
      { at: '.template', message: 'cannot stand beside alertmanager, which words its messages itself; leave it out.' },
    ];
  if (names.includes(template)) return [];
  const known = names.length === 0 ? 'none is given' : `there are ${names.join(', ')}`;
  return [
    { at: '.template', message: `given ${showValue(template)}, which is not in notifications.templates: ${known}.` },
  ];
}
