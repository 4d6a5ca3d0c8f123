import { expect, it } from 'vitest';
import { redactConfig } from './redact.ts';
import { CHECKS, load, mistakesOf } from './testing.ts';

const inFile = (receivers: string): { readonly file: string } => ({
  file: `notifications:\n  receivers:\n${receivers}`,
});

it('fills in what is not given', () => {
  const { receivers } = load(
    inFile(`
    - name: ops
      webhook: { url: https://hooks.example.org/meerkat }
    - name: group
      dingtalk: { tokenFile: /run/secrets/token, keyword: 告警 }
    - { name: am, alertmanager: { urls: [http://a:9093] }, reasons: [NodeUnreachable, restart-storm], except: [NodesLost] }
`),
  ).notifications;
  const common = {
    minSeverity: 'warning',
    reasons: [],
    except: [],
    sendResolved: true,
    perMinute: 15,
    timeoutSeconds: 10,
  };
  expect(receivers).toEqual([
    { name: 'ops', webhook: { url: 'https://hooks.example.org/meerkat' }, ...common },
    {
      name: 'group',
      dingtalk: {
        tokenFile: '/run/secrets/token',
        keyword: '告警',
        format: 'markdown',
        url: 'https://oapi.dingtalk.com/robot/send',
      },
      ...common,
    },
    {
      ...common,
      name: 'am',
      alertmanager: { urls: ['http://a:9093'] },
      reasons: ['NodeUnreachable', 'restart-storm'],
      except: ['NodesLost'],
    },
  ]);
});

it('names what the schema does not allow', () => {
  const file = `
    - { name: Ops, webhook: { url: ftp://a/x, sekretFile: /s } }
    - { name: b, dingtalk: { token: abcdef, format: html, keyword: "a\\nb" }, perMinute: 0, minSeverity: warn }
    - { webhook: { url: 7, caFile: ca.pem }, reasons: [node/down], timeoutSeconds: 0.5 }
    - { name: d, alertmanager: { urls: [] } }
    - { name: e, slack: { url: https://hooks.slack.com/x, channel: ops } }
`;
  expect(mistakesOf(inFile(file))).toMatchInlineSnapshot(`
    [
      "notifications.receivers[0].name (/etc/meerkat/config.yaml line 4): given "Ops", allowed: a name in lower case: letters, digits and \`-\`, at most 63.",
      "notifications.receivers[0].webhook.sekretFile (/etc/meerkat/config.yaml line 4): there is no such key. Did you mean secretFile?",
      "notifications.receivers[0].webhook.url (/etc/meerkat/config.yaml line 4): given "ftp://a/…", allowed: a URL that begins with https:// or http://.",
      "notifications.receivers[1].dingtalk.token (/etc/meerkat/config.yaml line 4): there is no such key. Did you mean tokenFile?",
      "notifications.receivers[1].dingtalk.tokenFile (/etc/meerkat/config.yaml line 4): is missing; give an absolute path.",
      "notifications.receivers[1].dingtalk.keyword (/etc/meerkat/config.yaml line 4): given "a\\nb", allowed: a text of 1 to 50 characters on one line.",
      "notifications.receivers[1].dingtalk.format (/etc/meerkat/config.yaml line 4): given "html", allowed: markdown or text.",
      "notifications.receivers[1].minSeverity (/etc/meerkat/config.yaml line 4): given "warn", allowed: info, warning or critical. Did you mean warning?",
      "notifications.receivers[1].perMinute (/etc/meerkat/config.yaml line 4): given 0, allowed: an integer from 1 to 600.",
      "notifications.receivers[2].name (/etc/meerkat/config.yaml line 4): is missing; give a name in lower case: letters, digits and \`-\`, at most 63.",
      "notifications.receivers[2].webhook.url (/etc/meerkat/config.yaml line 4): given a number, allowed: a URL that begins with https:// or http://.",
      "notifications.receivers[2].webhook.caFile (/etc/meerkat/config.yaml line 4): given a text that is not shown, allowed: an absolute path.",
      "notifications.receivers[2].reasons[0] (/etc/meerkat/config.yaml line 4): given "node/down", allowed: a reason as findings name it, or the name of a rule: NodeUnreachable, restart-storm.",
      "notifications.receivers[2].timeoutSeconds (/etc/meerkat/config.yaml line 4): given 0.5, allowed: a number from 1 to 60.",
      "notifications.receivers[3].alertmanager.urls (/etc/meerkat/config.yaml line 4): given a list, allowed: a list (at least 1, at most 8, no two the same), each a URL that begins with https:// or http://.",
      "notifications.receivers[4].slack.url (/etc/meerkat/config.yaml line 4): there is no such key. Did you mean urlFile?",
      "notifications.receivers[4].slack.channel (/etc/meerkat/config.yaml line 4): there is no such key. Allowed: urlFile, caFile.",
      "notifications.receivers[4].slack.urlFile (/etc/meerkat/config.yaml line 4): is missing; give an absolute path.",
    ]
  `);
});

it('names what excludes or needs each other', () => {
  const file = `
    - { name: a }
    - { name: a, webhook: { url: https://a/x, urlFile: /u }, dingtalk: { tokenFile: /t } }
    - { name: c, webhook: { secretFile: /s }, reasons: [NodesLost], except: [NodesLost] }
    - { name: d, alertmanager: {}, template: short }
    - { name: e, alertmanager: { url: http://a, urls: [http://b] } }
    - { name: f, slack: { urlFile: /u }, template: long }
`;
  expect(mistakesOf(inFile(file))).toMatchInlineSnapshot(`
    [
      "notifications.receivers[0] (/etc/meerkat/config.yaml line 4): says not where to; give one of webhook, dingtalk, slack, alertmanager beside its name.",
      "notifications.receivers[1].name (/etc/meerkat/config.yaml line 4): given "a", which receivers[0] is called already.",
      "notifications.receivers[1].dingtalk (/etc/meerkat/config.yaml line 4): stands beside webhook; give one of them, and the other to a receiver of its own.",
      "notifications.receivers[1].webhook.urlFile (/etc/meerkat/config.yaml line 4): cannot stand beside url; give one of them.",
      "notifications.receivers[2].webhook.url (/etc/meerkat/config.yaml line 4): is missing; give url or urlFile.",
      "notifications.receivers[2].except (/etc/meerkat/config.yaml line 4): has NodesLost, which is in reasons, too; take it out of one of them.",
      "notifications.receivers[3].alertmanager.url (/etc/meerkat/config.yaml line 4): is missing; give url or urls.",
      "notifications.receivers[3].template (/etc/meerkat/config.yaml line 4): cannot stand beside alertmanager, which words its messages itself; leave it out.",
      "notifications.receivers[4].alertmanager.urls (/etc/meerkat/config.yaml line 4): cannot stand beside url; give one of them.",
      "notifications.receivers[5].template (/etc/meerkat/config.yaml line 4): given "long", which is not in notifications.templates: none is given.",
    ]
  `);
});

it('never repeats what may be a secret', () => {
  const secret = 's3cret';
  const wrong = [
    `    - { name: a, webhook: { url: "https://me:${secret}@a.example.org/${secret}?key=${secret}#${secret}" } }`,
    `    - { name: a, webhook: { url: "a.example.org/${secret}" } }`,
    `    - { name: a, webhook: { url: "https://a.example.org/${secret} x" } }`,
    `    - { name: a, webhook: "https://a.example.org/${secret}" }`,
    `    - { name: a, webhook: [ "${secret}" ] }`,
    `    - { name: a, dingtalk: { tokenFile: ${secret} } }`,
    `    - { name: a, dingtalk: { tokenFile: /t, secretFile: ${secret} } }`,
    `    - { name: a, dingtalk: { token: ${secret} } }`,
    `    - { name: a, slack: { url: "https://hooks.slack.com/services/${secret}" } }`,
    `    - { name: a, slack: { urlFile: "https://hooks.slack.com/services/${secret}" } }`,
    `    - { name: a, dingtalk: { tokenFile: /t, url: "https://d.example.org/robot/send?access_token=${secret}" } }`,
    `    - { name: a, alertmanager: { url: "http://me:${secret}@am:9093" } }`,
    `    - { name: a, alertmanager: { urls: ["http://am:9093", "http://me:${secret}@am:9093"] } }`,
    `    - { name: a, alertmanager: { urls: ["http://me:${secret}@am", "http://me:${secret}@am"] } }`,
    `    - ${secret}`,
    `      dingtalk: { token: ${secret} }`,
    `     "${secret}"`,
  ];
  for (const text of wrong) {
    const mistakes = mistakesOf(inFile(text));
    expect(mistakes.length, text).toBeGreaterThan(0);
    expect(mistakes.join('\n'), text).not.toContain(secret);
  }
  for (const value of [`{"dingtalk":{"token":"${secret}"}}`, `[{"name":"a","webhook":"${secret}"}]`, secret]) {
    const mistakes = mistakesOf({ env: { MEERKAT_NOTIFICATIONS_RECEIVERS: value } });
    expect(mistakes.length, value).toBeGreaterThan(0);
    expect(mistakes.join('\n'), value).not.toContain(secret);
  }
  expect(mistakesOf({ file: `notifications: [ { token: ${secret} } ]` }).join('\n')).not.toContain(secret);
});

it('says what to do with a secret in an address', () => {
  expect(
    mistakesOf(
      inFile(`
    - { name: a, webhook: { url: "https://me:x@a.example.org/h?key=x" } }
    - { name: b, dingtalk: { tokenFile: /t, url: "https://d/robot/send?access_token=x" } }
    - { name: c, webhook: { url: "https://[::1/x" } }
`),
    ),
  ).toMatchInlineSnapshot(`
    [
      "notifications.receivers[0].webhook.url (/etc/meerkat/config.yaml line 4): has a user or a password and a query, which may be a secret; put all of it into a file and name that in urlFile.",
      "notifications.receivers[1].dingtalk.url (/etc/meerkat/config.yaml line 4): has a query, which may be a secret; leave it out; the token is read from tokenFile.",
      "notifications.receivers[2].webhook.url (/etc/meerkat/config.yaml line 4): is no URL; allowed: https://HOST[:PORT]/PATH.",
    ]
  `);
});

it('prints addresses without what follows the host', () => {
  const config = load(
    inFile(`
    - { name: a, webhook: { url: "https://hooks.slack.com/services/T0/B0/s3cret", secretFile: /s } }
    - { name: b, alertmanager: { urls: ["http://am:9093", "http://am:9094/s3cret"] } }
`),
  );
  const printed = redactConfig(config, CHECKS).notifications.receivers;
  expect(JSON.stringify(printed)).not.toContain('s3cret');
  expect(printed[0]?.webhook).toEqual({ url: 'https://hooks.slack.com/[redacted]', secretFile: '/s' });
  expect(printed[1]?.alertmanager).toEqual({ urls: ['http://am:9093', 'http://am:9094/[redacted]'] });
});
