/** The receivers of the configuration: each knows where it sends, how fast, and what an answer means. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../base/config.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Receiver } from '../types.ts';
import { createAlertTemplate } from './alert-template.ts';
import { createAlertmanager } from './alertmanager.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import type { Channel, ChannelTools } from './channel.ts';
import { createDingtalk } from './dingtalk.ts';
import type { Post } from './post.ts';
import { type FileReader, createSecretFile } from './secret-file.ts';
import { createSlack } from './slack.ts';
import { createWebhook } from './webhook.ts';

export interface ReceiverDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly files: FileReader;
  readonly post: Post;
  /** Empty: messages have the name of who sends them. */
  readonly clusterName: string;
  /** Lines of messages, by name. */
  readonly templates: Config['notifications']['templates'];
}

type ReceiverSettings = Config['notifications']['receivers'][number];

/** A file that cannot be read now may be there soon: a Secret that is made after the pod. */
const UNREADABLE_MS = 30_000;
/** What waits for the allowance is not all tried again at the same moment. */
const SPREAD_MS = 2000;
/** Slack takes one message a second. */
const SLACK_APART_MS = 1000;

/** In the order of the configuration. A `destination` follows the files: it changes when a token is replaced. */
export function createReceivers(settings: readonly ReceiverSettings[], deps: ReceiverDeps): readonly Receiver[] {
  // Two receivers with the same robot share what it takes.
  const allowance = createAllowance(deps.clock);
  return settings.map((one) => createReceiver(one, allowance, deps));
}

function createReceiver(settings: ReceiverSettings, allowance: Allowance, deps: ReceiverDeps): Receiver {
  const { name, perMinute } = settings;
  const apartMs = settings.slack === undefined ? 0 : SLACK_APART_MS;
  const channel = channelOf(settings, toolsOf(settings, deps));
  const destination = (): string => createHash('sha256').update(channel.identity()).digest('hex').slice(0, 16);
  return {
    name,
    get destination() {
      return destination();
    },
    async send(notification, signal) {
      const turn = allowance.take(destination(), perMinute, apartMs);
      if (turn.kind === 'wait') {
        const why = turn.isPaused
          ? 'the receiver has asked to be left alone for a while'
          : `the receiver gets ${perMinute} messages a minute at most, and fewer after a start`;
        const retryAfterMs = Math.ceil(turn.forMs + deps.random() * SPREAD_MS);
        return { kind: 'failed', why, retryAfterMs, holds: turn.isPaused ? 'receiver' : 'allowance' };
      }
      try {
        const outcome = await channel.send(notification, signal);
        if (outcome.kind === 'failed' && outcome.retryAfterMs !== undefined) {
          // Its files were read anew: it may be another one than before.
          allowance.pause(destination(), outcome.retryAfterMs);
        }
        return outcome;
      } catch (error) {
        return { kind: 'failed', why: messageOf(error), retryAfterMs: UNREADABLE_MS };
      }
    },
  };
}

function toolsOf({ name, timeoutSeconds, template }: ReceiverSettings, deps: ReceiverDeps): ChannelTools {
  const { clock, files, log, post, clusterName, templates } = deps;
  const line = template === undefined ? undefined : templates[template];
  return {
    post: (request) => post({ ...request, timeoutMs: timeoutSeconds * 1000 }),
    secretFile(path, faultOf) {
      const file = createSecretFile(path, faultOf, { clock, files });
      const fault = file.fault();
      // Said at the start, when somebody looks, and not with the first message that is lost.
      if (fault !== undefined) log.error({ receiver: name, fault }, 'a file of a receiver cannot be used');
      return file;
    },
    clock,
    receiver: name,
    clusterName,
    ...(line !== undefined && { template: createAlertTemplate(line) }),
  };
}

function channelOf({ webhook, dingtalk, slack, alertmanager }: ReceiverSettings, tools: ChannelTools): Channel {
  if (webhook !== undefined) return createWebhook(webhook, tools);
  if (dingtalk !== undefined) return createDingtalk(dingtalk, tools);
  if (slack !== undefined) return createSlack(slack, tools);
  if (alertmanager !== undefined) return createAlertmanager(alertmanager, tools);
  throw new Error('a receiver has neither webhook nor dingtalk, slack or alertmanager');
}
