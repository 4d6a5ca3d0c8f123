import { isIP } from 'node:net';
import { Type } from 'typebox';
import { seconds } from './lib/figures.ts';
import { hostAndPort } from './lib/place.ts';
import { PROBE_READINGS, createProbesState, lookByProbes } from './lib/probes/look.ts';
import { type Answer, answerOf } from './lib/probes/memory.ts';
import { probeConfig, probeMistakes } from './lib/probes/settings.ts';
import { type CheckContext, type SettingMistake, defineCheck } from './types.ts';

const REASONS = { warning: 'TcpProbeFailed', critical: 'CriticalTcpProbeFailed' } as const;
const REMEDY =
  'On the node try `nc -vz HOST PORT`, and see who listens with `ss -ltnp`; then look at the service that should. What is tried stands in `checks.tcp.probes` of the configuration.';
/** Names have a letter somewhere: what has none is meant as an address. */
const NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i;

export const tcp = defineCheck({
  id: 'tcp',
  title: 'TCP probes',
  description: [
    'Your own probes that open a TCP connection, as the kubelet’s `tcpSocket`: one that opens is a success, whatever is',
    'said on it. The agent opens it, so on the network of its node.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 5000,
  windowMs: 20_000,
  runsOn: 'nodes with such probes in their configuration',
  config: probeConfig(
    {
      host: Type.String({
        default: '127.0.0.1',
        minLength: 1,
        maxLength: 253,
        description: 'An address or a DNS name; by default this node itself.',
      }),
      port: Type.Integer({ minimum: 1, maximum: 65_535, description: 'The port.' }),
    },
    { timeoutSeconds: 1, initialDelaySeconds: 60 },
  ),
  mistakes: (settings) => probeMistakes('tcp', settings, mistakesOf),
  reasons: {
    TcpProbeFailed: { severity: 'warning', summary: 'A TCP probe of the configuration fails.', remedy: REMEDY },
    CriticalTcpProbeFailed: {
      severity: 'critical',
      summary: 'A TCP probe of the configuration that is critical for the node fails.',
      remedy: REMEDY,
    },
  },
  readings: PROBE_READINGS,
  needs: ['A list of probes in `checks.tcp.probes`; without one the check is absent.'],
  createState: createProbesState,
  run: (context) => lookByProbes(context, { check: 'tcp', reasons: REASONS, ask: (probe) => ask(probe, context) }),
});

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeoutSeconds: number;
}

const mistakesOf = ({ host }: Target): SettingMistake[] =>
  isIP(host) !== 0 || NAME.test(host)
    ? []
    : [{ at: 'host', message: `given ${JSON.stringify(host)}, allowed: an address without brackets, or a DNS name.` }];

async function ask(
  { host, port, timeoutSeconds }: Target,
  { connect }: Pick<CheckContext, 'connect'>,
): Promise<Answer> {
  const place = hostAndPort(host, port);
  const result = await connect({ host, port, timeoutMs: Math.ceil(timeoutSeconds * 1000) });
  if (result.kind === 'failure') return answerOf(result, place);
  const { durationMs } = result;
  return { verdict: 'success', message: `${place} took a connection in ${seconds(durationMs)}`, durationMs };
}
