import { expect, it } from 'vitest';
import { type LineStyle, TEMPLATE_NAMES, createAlertTemplate, templateMistakes } from './alert-template.ts';
import { NOON, aNotification, aRuleAlert, anAlert } from './testing.ts';
import { renderDigest } from './digest.ts';
import { harmlessMarkdown } from './harmless.ts';
import { slackMessage } from './slack.ts';
import { webhookBody } from './webhook.ts';
import { load } from '../../base/config/testing.ts';

const PLAIN: LineStyle = { safe: (text) => text, clusterName: 'prod', now: NOON + 250_000 };
/** What the notifications of events that there were before said, where the kind was the component by mistake. */
const SEED =
  'EventTime {{since}} Event_involvedObject_name {{name}} Event_involvedObject_kind {{kind}} Event_involvedObject_namespace {{namespace}} Message {{message}} Event_reason {{reason}} component {{component}}';

it('names what a rule has matched, each by its own name', () => {
  expect(createAlertTemplate(SEED)(aRuleAlert(), PLAIN)).toBe(
    'EventTime 12:03:11 UTC Event_involvedObject_name api-7d9f Event_involvedObject_kind Pod Event_involvedObject_namespace prod Message Back-off restarting failed container Event_reason BackOff component kubelet',
  );
  expect(createAlertTemplate('{{rule}} {{key}} {{round}} {{count}}')(aRuleAlert(), PLAIN)).toBe(
    'restart-storm prod/api-7d9f 1 7',
  );
});

it('leaves empty what a finding does not have', () => {
  const all = createAlertTemplate(TEMPLATE_NAMES.map((name) => `${name}={{${name}}}`).join(' '));
  expect(all(anAlert({ remedy: 'Look.' }), PLAIN)).toBe(
    'state=firing severity=critical rule= reason=OverlayBroken key= nodes=w1, w3 sentence=Pods on w1 and w3 do not reach each other. message=Pods on w1 and w3 do not reach each other. since=12:03:11 UTC duration=59s remedy=Look. count= round= cluster=prod kind= namespace= name= object= component= container= type= node= workload= watch= check= subject= status=',
  );
});

it('says that something is over, unless the template does', () => {
  const over = anAlert({ endedAt: NOON + 251_000 });
  expect(createAlertTemplate('{{reason}}')(over, PLAIN)).toBe('resolved: OverlayBroken');
  expect(createAlertTemplate('{{ state }} {{reason}} after {{duration}}')(over, PLAIN)).toBe(
    'resolved OverlayBroken after 1m',
  );
});

it('that has nothing to say of an alert leaves it to the usual line, since chats refuse what is empty', () => {
  const template = createAlertTemplate('{{rule}} {{key}}');
  const notification = aNotification({ alerts: [anAlert(), anAlert({ endedAt: NOON + 251_000 })] });
  const [, firing, over] = slackMessage(notification, { clusterName: 'prod', template, now: NOON }).blocks;
  expect([firing?.text.text, over?.text.text]).toEqual([
    expect.stringContaining('*critical* OverlayBroken w1, w3: Pods on'),
    expect.stringContaining('*resolved* OverlayBroken w1, w3, after'),
  ]);
  const { text } = renderDigest(notification, { clusterName: 'prod', template, now: NOON, format: 'text' });
  expect(text).toContain('- 12:03:11 UTC critical OverlayBroken w1, w3: Pods on');
  const [alert] = webhookBody(notification, { receiver: 'hook', clusterName: 'prod', template }, NOON).alerts;
  expect(alert?.annotations['summary']).toBe('Pods on w1 and w3 do not reach each other.');
});

it('makes harmless what is from elsewhere, and leaves its own words alone', () => {
  const alert = aRuleAlert({}, { facts: { message: '*x* <!channel> @all\n# [a](http://b)' } });
  const template = createAlertTemplate('*{{rule}}* {{message}}');
  const line = template(alert, { ...PLAIN, safe: harmlessMarkdown });
  expect(line).toBe(String.raw`*restart-storm* \*x\* \<\!channel\> ＠all \# \[a\] (http: //b)`);
  const options = { clusterName: 'prod', template, now: NOON };
  expect(renderDigest(aNotification({ alerts: [alert] }), { ...options, format: 'markdown' }).text.split('\n')[2]).toBe(
    `- ${line}`,
  );
  expect(slackMessage(aNotification({ alerts: [alert] }), options).blocks[1]?.text.text).toBe(
    '*restart-storm* *x* &lt;!channel&gt; ＠all # [a] (http: //b)',
  );
});

it('is refused by its name where it names what there is not', () => {
  const { notifications } = load();
  const templates = { good: '{{reason}}', bad: '{{reson}}', worse: 'x {{reason', no: '{{constructor}}' };
  const config = { ...load(), notifications: { ...notifications, templates } };
  expect(templateMistakes(config)).toEqual([
    { where: 'notifications.templates[bad]', message: expect.stringContaining('Did you mean reason?') },
    { where: 'notifications.templates[worse]', message: expect.stringContaining('braces') },
    { where: 'notifications.templates[no]', message: expect.stringContaining('Allowed: state,') },
  ]);
  expect(() => createAlertTemplate('{{reson}}')).toThrow('reson');
});
