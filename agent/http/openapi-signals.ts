/** How the OpenAPI document describes what others may send. */
import { SignalsTakenSchema } from './contract/workloads.ts';
import { FORMAT_QUERY } from './parameters.ts';

export const SIGNATURE = { type: 'apiKey', in: 'header', name: 'X-Signature-256' };
export const SIGNAL_SECURITY = [{ token: [] }, { signature: [] }];

const SIGNAL_STATUSES = {
  413: 'More than 256 KiB.',
  429: 'More than 10 a second of one sender.',
  503: 'This agent has no room for some of it: say it again, or tell another.',
};
const accessBy = (signed: string): string =>
  `Needs the token, or \`X-Signature-256: sha256=HEX\` (also as \`X-Hub-Signature-256\`), the HMAC-SHA256 of ${signed} by the key of \`signals.secretFile\`.`;
const HOOK_ACCESS = accessBy('the body');
const SIGNAL_ACCESS = accessBy(
  '`METHOD\\nPATH\\nTIMESTAMP\\nBODY`, with the header `X-Meerkat-Timestamp` in Unix seconds, at most five minutes off,',
);

/** Documented paths that take what others say; by POST, with a body as the sender has it. */
export const SIGNAL_OPERATIONS = {
  '/api/v1/signals/{namespace}/{workload}': {
    summary: 'Says that something is wrong with a workload, or is not any more.',
    description: `${SIGNAL_ACCESS} It holds for \`signals.ttlMinutes\` unless it is said again.`,
    query: FORMAT_QUERY,
    body: {
      type: 'object',
      required: ['state'],
      properties: {
        state: { enum: ['firing', 'ok'] },
        name: { type: 'string', maxLength: 80, description: 'Of the alert; by default `signal`.' },
        message: { type: 'string', maxLength: 160 },
        container: { type: 'string', description: 'By default the whole workload.' },
        ttlSeconds: { type: 'number', minimum: 1, maximum: 86_400 },
      },
      additionalProperties: false,
    },
    answers: SignalsTakenSchema,
    statuses: SIGNAL_STATUSES,
  },
  '/api/v1/hooks/grafana': {
    summary: 'A notification of Grafana, of its old or of its newer alerts.',
    description: `${HOOK_ACCESS} Only \`alerting\` and \`firing\` set a signal, only \`ok\` and \`resolved\` clear one. Whatever says nothing of a workload (no_data, paused, pending, DatasourceNoData, DatasourceError) or names none is in \`ignored\`.`,
    query: FORMAT_QUERY,
    body: { type: 'object' },
    answers: SignalsTakenSchema,
    statuses: SIGNAL_STATUSES,
  },
  '/api/v1/hooks/alertmanager': {
    summary: 'A notification of Alertmanager, version 4.',
    description: `${HOOK_ACCESS} At most 200 alerts; those that name no workload are in \`ignored\`.`,
    query: FORMAT_QUERY,
    body: { type: 'object' },
    answers: SignalsTakenSchema,
    statuses: SIGNAL_STATUSES,
  },
};
