import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { ChannelTools } from './channel.ts';
import type { PostAnswer } from './post.ts';
import { createSecretFile } from './secret-file.ts';
import { createSlack, slackMessage } from './slack.ts';
import { NOON, aNotification, aRuleAlert, alerts, anAlert, memoryFiles } from './testing.ts';

const OPTIONS = { clusterName: 'prod', now: NOON + 200_000 };
const textsOf = (notification = aNotification()): readonly string[] =>
  slackMessage(notification, OPTIONS).blocks.map(({ text }) => text.text);

describe('a message for Slack', () => {
  it('has a title for phones, and a block for each alert', () => {
    const notification = aNotification({
      isLate: true,
      alerts: [
        anAlert({ remedy: 'Look at the VXLAN port of w1.' }),
        aRuleAlert(),
        anAlert({ reason: 'NodeUnreachable', nodes: ['w2'], sentence: 'w2 answers nobody.', endedAt: NOON + 195_000 }),
      ],
    });
    expect(slackMessage(notification, OPTIONS).text).toBe('[FIRING 2, RESOLVED 1] Meerkat prod: OverlayBroken w1, w3');
    expect(textsOf(notification)).toEqual([
      '*[FIRING 2, RESOLVED 1] Meerkat · prod · view 8/8*\nLate: it was to be told at 12:03:20 UTC, and could not be delivered before.',
      '12:03:11 UTC *critical* OverlayBroken w1, w3: Pods on w1 and w3 do not reach each other.\nFirst: Look at the VXLAN port of w1.',
      '12:03:11 UTC *warning* restart-storm prod/api-7d9f, w2: Pod prod/api-7d9f BackOff ×7: Back-off restarting failed container',
      '12:03:15 UTC *resolved* NodeUnreachable w2, after 4s: w2 answers nobody.',
    ]);
  });

  it('calls nobody, links nothing and has one line for what is from elsewhere', () => {
    const [, text = ''] = textsOf(
      aNotification({ alerts: [anAlert({ sentence: 'a & b <!channel> <http://x|y> @here\nhttps://z' })] }),
    );
    expect(text).toContain('a &amp; b &lt;!channel&gt; &lt;http: //x|y&gt; ＠here https: //z');
  });

  it('fits, whatever there is', () => {
    const long = '<&>'.repeat(2000);
    const names = Array.from({ length: 50 }, (_, index) => `<${index}>&`.repeat(20));
    const notification = aNotification({ alerts: alerts(500, { sentence: long, remedy: long, nodes: names }) });
    const { text, blocks } = slackMessage(notification, OPTIONS);
    expect(blocks).toHaveLength(22);
    expect(Math.max(...blocks.map((block) => block.text.text.length))).toBeLessThanOrEqual(3000);
    expect(blocks.at(-1)?.text.text).toContain('… and 480 more');
    for (const one of [text, ...blocks.map((block) => block.text.text)])
      expect(one.replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
  });
});

describe('an answer of Slack', () => {
  const ADDRESS = 'https://hooks.example.org/services/T00000000/B00000000/s3cr3ts3cr3t';
  const outcomeOf = async (answer: Omit<Extract<PostAnswer, { kind: 'answer' }>, 'kind'>) => {
    const clock = createFakeClock();
    const files = memoryFiles(new Map([['/url', ADDRESS]]));
    const tools: ChannelTools = {
      post: async ({ url }) => {
        expect(url).toBe(ADDRESS);
        return { kind: 'answer', ...answer };
      },
      secretFile: (path, faultOf) => createSecretFile(path, faultOf, { clock, files }),
      clock,
      receiver: 'chat',
      clusterName: '',
    };
    const outcome = await createSlack({ urlFile: '/url' }, tools).send(aNotification(), new AbortController().signal);
    expect(JSON.stringify(outcome)).not.toMatch(/s3cr3t|T00000000/);
    return outcome;
  };

  it('is that it has it only where it says ok', async () => {
    expect(await outcomeOf({ status: 200, body: 'ok' })).toEqual({ kind: 'sent' });
    for (const body of ['', 'OK, please log in', '{"ok":true}', `<html>${ADDRESS}`])
      expect(await outcomeOf({ status: 200, body })).toMatchObject({ kind: 'failed', retryAfterMs: 60_000 });
  });

  it('may ask all to wait', async () => {
    expect(await outcomeOf({ status: 429, body: 'rate_limited', retryAfter: '30' })).toMatchObject({
      kind: 'failed',
      retryAfterMs: 30_000,
      holds: 'receiver',
    });
    expect(await outcomeOf({ status: 500, body: 'rollup_error' })).toMatchObject({ kind: 'failed' });
  });

  it.each([
    [404, 'no_service', 'slack.urlFile'],
    [403, 'invalid_token', 'slack.urlFile'],
    [403, 'action_prohibited', 'administrator'],
    [410, 'channel_is_archived', 'archived'],
    [400, 'invalid_blocks', 'a defect of Meerkat'],
    [400, 'user_not_found', 'https://hooks.example.org answers 400: user_not_found'],
    [302, '', 'redirects are not followed'],
  ])('%i %s is set right by somebody', async (status, body, words) => {
    expect(await outcomeOf({ status, body })).toEqual({ kind: 'refused', why: expect.stringContaining(words) });
  });
});
