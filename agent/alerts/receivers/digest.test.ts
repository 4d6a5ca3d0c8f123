import { describe, expect, it } from 'vitest';
import { type DigestOptions, MAX_DIGEST_BYTES, renderDigest } from './digest.ts';
import type { Alert } from '../types.ts';
import { NOON, aNotification, aRuleAlert, alerts, anAlert } from './testing.ts';

const OPTIONS: DigestOptions = { format: 'markdown', clusterName: 'prod', now: NOON + 200_000 };
const MINUTE = 60_000;

describe('a digest', () => {
  it('tells what fires, what is over and how long it was', () => {
    const notification = aNotification({
      alerts: [
        anAlert({ remedy: 'Look at the VXLAN port of w1.' }),
        anAlert({
          reason: 'NodeUnreachable',
          nodes: ['w2'],
          sentence: 'w2 answers nobody.',
          since: NOON - 15 * MINUTE,
          endedAt: NOON + 5000,
        }),
      ],
    });
    expect(renderDigest(notification, OPTIONS)).toEqual({
      title: '[FIRING 1, RESOLVED 1] Meerkat prod: OverlayBroken w1, w3',
      text: [
        '### [FIRING 1, RESOLVED 1] Meerkat · prod · view 8/8',
        '',
        '- 12:03:11 UTC critical OverlayBroken w1, w3: Pods on w1 and w3 do not reach each other.  ',
        '  First: Look at the VXLAN port of w1.',
        '- 12:00:05 UTC resolved NodeUnreachable w2, after 15m 5s: w2 answers nobody.',
      ].join('\n'),
    });
    const ofRule = renderDigest(aNotification({ alerts: [aRuleAlert()] }), { ...OPTIONS, format: 'text' });
    expect(ofRule.title).toBe('[FIRING 1] Meerkat prod: restart-storm prod/api-7d9f, w2');
    expect(ofRule.text.split('\n')[1]).toBe(
      '- 12:03:11 UTC warning restart-storm prod/api-7d9f, w2: Pod prod/api-7d9f BackOff ×7: Back-off restarting failed container',
    );
    expect(renderDigest(notification, { ...OPTIONS, format: 'text' }).text).toBe(
      [
        '[FIRING 1, RESOLVED 1] Meerkat · prod · view 8/8',
        '- 12:03:11 UTC critical OverlayBroken w1, w3: Pods on w1 and w3 do not reach each other.',
        '  First: Look at the VXLAN port of w1.',
        '- 12:00:05 UTC resolved NodeUnreachable w2, after 15m 5s: w2 answers nobody.',
      ].join('\n'),
    );
  });

  it('is signed by the sender where the cluster has no name, and says how much of it is seen', () => {
    const { text, title } = renderDigest(aNotification({ view: { members: 3, known: 8 } }), {
      ...OPTIONS,
      clusterName: '',
    });
    expect(text).toContain('### [FIRING 1] Meerkat · m1 · view 3/8\n');
    expect(title).toBe('[FIRING 1] Meerkat m1: OverlayBroken w1, w3');
  });

  it('of a finding of the cluster names no node, and of many nodes the first', () => {
    const one = anAlert({ reason: 'EtcdQuorumLost', nodes: [], sentence: 'No quorum.' });
    expect(renderDigest(aNotification({ alerts: [one] }), OPTIONS).text).toContain(
      'critical EtcdQuorumLost: No quorum.',
    );
    const many = anAlert({ nodes: Array.from({ length: 11 }, (_, index) => `w${index}`) });
    expect(renderDigest(aNotification({ alerts: [many] }), OPTIONS).text).toContain('w6, w7, and 3 more: Pods');
  });

  it('marks what is late, with dates of other days', () => {
    const notification = aNotification({
      isLate: true,
      at: NOON,
      alerts: [anAlert({ since: NOON - MINUTE })],
    });
    const { text } = renderDigest(notification, { ...OPTIONS, now: NOON + 24 * 60 * MINUTE });
    expect(text).toContain(
      '\n\nLate: it was to be told at 2026-01-01 12:00:00 UTC, and could not be delivered before.\n\n',
    );
    expect(text).toContain('- 2026-01-01 11:59:00 UTC critical');
  });

  it('is written whatever time an alert has', () => {
    const odd = [anAlert({ since: Number.NaN }), anAlert({ since: NOON, endedAt: 1e300 })];
    const { text } = renderDigest(aNotification({ alerts: odd, at: Infinity, isLate: true }), OPTIONS);
    expect(text.match(/at an unknown time/g)).toHaveLength(3);
  });

  it('has the keyword once, as it is', () => {
    const count = (text: string, keyword: string): number => text.split(keyword).length - 1;
    for (const keyword of ['告警', '[alert]', 'Meerkat']) {
      const { text } = renderDigest(aNotification(), { ...OPTIONS, keyword });
      expect(count(text, keyword)).toBe(1);
    }
  });
});

describe('a large digest', () => {
  it('has the first twenty and counts the rest', () => {
    const { text } = renderDigest(aNotification({ alerts: alerts(34) }), OPTIONS);
    expect(text).toContain('[FIRING 34]');
    expect(text.match(/^- /gm)).toHaveLength(20);
    expect(text.endsWith('\n\n… and 14 more: ask any node, `meerkat status`')).toBe(true);
  });

  it('names the command that tells what is left out', () => {
    const rules = Array.from({ length: 21 }, () => aRuleAlert());
    const endOf = (those: readonly Alert[]) =>
      renderDigest(aNotification({ alerts: those }), { ...OPTIONS, format: 'text' })
        .text.split('\n')
        .at(-1);
    expect(endOf(rules)).toBe('… and 1 more: ask any node, `meerkat alerts`');
    expect(endOf([...alerts(21), ...rules])).toBe('… and 22 more: ask any node, `meerkat status` and `meerkat alerts`');
  });

  it.each(['路由器没有回答。', '"\\*"\u0001', '[]()*`', 'plain text '])(
    'of %j stays below its bound in bytes as JSON, and ends with a line',
    (piece) => {
      const long = piece.repeat(200);
      const notification = aNotification({ alerts: alerts(60, { sentence: long, remedy: long }) });
      for (const format of ['markdown', 'text'] as const) {
        const { text } = renderDigest(notification, { ...OPTIONS, format, keyword: '告警' });
        const bytes = Buffer.byteLength(JSON.stringify(text)) - 2;
        expect(bytes).toBeLessThanOrEqual(MAX_DIGEST_BYTES);
        // It uses the room that it has.
        expect(bytes).toBeGreaterThan(MAX_DIGEST_BYTES - 6000);
        const shown = text.match(/^- /gm)?.length ?? 0;
        expect(text).toContain('告警');
        expect(text.endsWith(`… and ${60 - shown} more: ask any node, \`meerkat status\``)).toBe(true);
        expect(text.match(/^ {2}First: .*…$/gm)).toHaveLength(shown);
      }
    },
  );

  it('lets no alert write a line of its own', () => {
    const evil = '\n### [RESOLVED 9] Meerkat\n[click](http://evil.example.org) @all';
    const notification = aNotification({
      sender: evil,
      alerts: [anAlert({ sentence: evil, remedy: evil, nodes: [evil], reason: evil })],
    });
    for (const format of ['markdown', 'text'] as const) {
      const { text, title } = renderDigest(notification, { ...OPTIONS, clusterName: '', format });
      expect(text.split('\n').filter((line) => /^\s*[#[>]/.test(line))).toHaveLength(1);
      expect(`${text}${title}`).not.toMatch(/@|:\/\/|\]\(|\n\n\n/);
      expect(title).not.toContain('\n');
    }
  });
});
