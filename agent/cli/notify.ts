/** `meerkat notify test RECEIVER`: one harmless message, so that one finds out at noon whether the wiring works. */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createSystemReceivers } from '../alerts/receivers/system.ts';
import type { Alert, Notification, Receiver, SendOutcome } from '../alerts/types.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { receiverKind } from '../base/config/receivers.ts';
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import { formatDuration } from '../model/text.ts';
import { mistake } from './lib/arguments.ts';
import { configFrom } from './lib/config.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat notify test RECEIVER [--json] [--config FILE]
       meerkat notify list [--json] [--config FILE]

  test   send one message to a receiver of notifications.receivers, from this machine and with its configuration, files
         and network, and say what came of it. It is told as an info called TestNotification; a webhook hears at once that
         it is over, Alertmanager takes it for over after four minutes.
  list   the receivers that are configured here, without their secrets

No agent is asked, and none learns of it. Every agent may be the one that sends: try it on more than one node.

Exit codes: 0 the receiver has it, 69 it did not take it now and may later, 78 it would refuse every message, or the
configuration is wrong.
`;
const SPEC = { usage: USAGE };

type Settings = Config['notifications']['receivers'][number];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return EXIT_CODES.ok.code;
  }
  const [verb, name, ...more] = positionals;
  const isJson = values.json === true;
  const config = (): Config => configFrom(values.config === undefined ? [] : ['--config', values.config]);
  if (verb === 'list' && name === undefined) return list(config(), isJson);
  if (verb === 'test' && name !== undefined && more.length === 0) return test(config(), name, isJson);
  throw mistake('Say what to do: test RECEIVER, or list.', SPEC);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw mistake(messageOf(error), SPEC);
  }
}

async function list(config: Config, isJson: boolean): Promise<number> {
  const settings = config.notifications.receivers;
  const receivers = receiversOf(config).map(({ name, destination }, index) => ({
    name,
    kind: kindOf(settings[index]),
    destination,
  }));
  const lines = receivers.map(({ name, kind, destination }) => `${name}  ${kind}  ${destination}\n`);
  const none = 'No receiver is configured: see notifications.receivers.\n';
  await print(isJson ? `${JSON.stringify(receivers)}\n` : lines.length === 0 ? none : lines.join(''));
  return EXIT_CODES.ok.code;
}

async function test(config: Config, name: string, isJson: boolean): Promise<number> {
  const names = config.notifications.receivers.map((receiver) => receiver.name);
  const index = names.indexOf(name);
  const receiver = receiversOf(config)[index];
  if (receiver === undefined) {
    const known = names.length === 0 ? 'None is configured here.' : `There are: ${names.join(', ')}.`;
    throw mistake(`There is no receiver "${name}" in notifications.receivers. ${known}`, SPEC);
  }
  const startedAt = systemClock.monotonic();
  const outcome = await sendTest(receiver, config.node.name, kindOf(config.notifications.receivers[index]));
  const durationMs = systemClock.monotonic() - startedAt;
  if (isJson) await print(`${JSON.stringify({ receiver: name, ...outcome, durationSeconds: durationMs / 1000 })}\n`);
  else if (outcome.kind === 'sent') await print(`${name} has it, after ${formatDuration(durationMs)}.\n`);
  if (outcome.kind === 'sent') return EXIT_CODES.ok.code;
  if (isJson) return EXIT_CODES[outcome.kind === 'failed' ? 'unavailable' : 'config'].code;
  throw outcome.kind === 'failed'
    ? new AgentError('unavailable', `${name} did not take it, and may later: ${outcome.why}.`)
    : new AgentError('config', `${name} refuses it, and would refuse every message: ${outcome.why}.`);
}

/** What a webhook has opened it closes again: it may lead to a pager. */
async function sendTest(receiver: Receiver, node: string, kind: string): Promise<SendOutcome> {
  const signal = new AbortController().signal;
  const now = systemClock.now();
  const alert: Alert = {
    fingerprint: randomBytes(8).toString('hex'),
    reason: 'TestNotification',
    severity: 'info',
    nodes: [node],
    sentence: `Somebody tries on ${node} whether messages arrive; nothing is broken.`,
    since: now,
    observers: [node],
    remedy: 'Nothing is to be done.',
  };
  const told = (one: Alert, id: string): Notification => ({
    id: `test-${alert.fingerprint}-${id}`,
    alerts: [one],
    sender: node,
    view: { members: 1, known: 1 },
    at: now,
    isLate: false,
  });
  const outcome = await receiver.send(told(alert, 'firing'), signal);
  if (outcome.kind !== 'sent' || kind !== 'webhook') return outcome;
  return receiver.send(told({ ...alert, endedAt: systemClock.now() }, 'resolved'), signal);
}

const receiversOf = (config: Config): readonly Receiver[] =>
  createSystemReceivers(config.notifications, { clock: systemClock, log: createLog('silent', config.node.name) });

const kindOf = (settings: Settings | undefined): string => (settings === undefined ? '' : receiverKind(settings));
