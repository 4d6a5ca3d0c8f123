import { describe, expect, it } from 'vitest';
import { builtInRules, withBuiltIn } from './built-in.ts';
import { readRules } from './read-rules.ts';

const read = (text: string): ReturnType<typeof readRules> =>
  readRules(text, '/r.yaml', { receivers: ['ops', 'on-call'] });
const mistakesOf = (text: string): readonly string[] => {
  const result = read(text);
  return 'mistakes' in result ? result.mistakes : [];
};

const RIGHT = `
rules:
  - name: pods
    type: frequency
    source: events
    where:
      type: Warning
      message: {regex: 'fail(ed|s)'}
    not: {kind: Node}
    queryKey: [kind, object]
    numEvents: 5
    timeframeMinutes: 5
    exponentialRealertHours: 1
    receivers: [ops]
  # The next one
  - {name: quiet, type: flatline, source: logs, threshold: 1, timeframeMinutes: 0.5, severity: critical}
`;

describe('a file of rules', () => {
  it('is read whole, with defaults, and the line of each', () => {
    const result = read(RIGHT);
    if ('mistakes' in result) throw new Error(result.mistakes.join('\n'));
    expect(result.rules).toMatchObject([
      {
        name: 'pods',
        matcher: {
          is: [['type', ['Warning']]],
          isNot: [['kind', ['Node']]],
          has: [{ field: 'message', source: 'fail(ed|s)' }],
          hasNot: [],
        },
        queryKey: ['kind', 'object'],
        numEvents: 5,
        timeframeMs: 300_000,
        realertMs: 60_000,
        exponentialRealertMs: 3_600_000,
        keepFiringMs: 300_000,
        severity: 'info',
        receivers: ['ops'],
        place: '/r.yaml line 3',
      },
      { name: 'quiet', threshold: 1, timeframeMs: 30_000, severity: 'critical', place: '/r.yaml line 16' },
    ]);
  });

  it('has a digest of what each rule says, not of where it stands or how it is written', () => {
    const digests = (text: string): string[] => {
      const result = read(text);
      return 'rules' in result ? result.rules.map(({ digest }) => digest) : [];
    };
    expect(digests(`# more\n\n${RIGHT}`)).toEqual(digests(RIGHT));
    expect(digests(RIGHT.replace('numEvents: 5', 'numEvents: 6'))[0]).not.toBe(digests(RIGHT)[0]);
    expect(digests(RIGHT.replace('numEvents: 5', 'numEvents: 6'))[1]).toBe(digests(RIGHT)[1]);
  });

  it('may have no rules, but not be empty: it may be half written', () => {
    expect(read('rules:\n#  - name: a\n')).toEqual({ rules: [] });
    expect(read('rules: []')).toEqual({ rules: [] });
    expect(mistakesOf('')).toEqual(['/r.yaml: rules: is missing; give a list of rules, at most 500.']);
  });

  it.each([
    ['rules: [', 'line 1, column 9: Flow sequence'],
    ['- 1', 'line 1: given [1], allowed: a mapping of rules.'],
    ['rule: []', 'line 1: rule: there is no such key. Did you mean rules?'],
    ['rules:\n  - 5', 'line 2: rules[0]: given 5, allowed: a mapping that begins with name.'],
    ['a: &x 1\nb: *x', 'line 2: *x: aliases are not supported'],
    ['rules: []\n---\nrules: []', 'has several documents'],
    [RIGHT.replace('frequency', 'freqency'), 'line 4: rules[0].type: given "freqency", allowed: any, frequency'],
    [
      RIGHT.replace('source: logs', 'source: log'),
      'line 16: rules[1].source: given "log", allowed: events, logs or checks. Did you mean logs?',
    ],
    [
      RIGHT.replace('      type: Warning', '      tipe: Warning'),
      'line 7: rules[0].where.tipe: there is no such key. Did you mean type?',
    ],
    [
      RIGHT.replace('type: Warning', 'type: 5'),
      'line 7: rules[0].where.type: given 5, allowed: a text, a list of texts, or {regex: PATTERN}.',
    ],
    [
      RIGHT.replace("'fail(ed|s)'", "'fail(ed'"),
      'line 8: rules[0].where.message.regex: is no pattern of RE2: missing closing ): `fail(ed`.',
    ],
    [
      RIGHT.replace('numEvents: 5', 'numEvents: 0'),
      'line 11: rules[0].numEvents: given 0, allowed: an integer from 1 to 100000.',
    ],
    [
      RIGHT.replace('    numEvents: 5\n', ''),
      'line 3: rules[0].numEvents: is missing; a rule of the type frequency needs it.',
    ],
    [
      RIGHT.replace('numEvents: 5', 'numEvents: 5\n    threshold: 1'),
      'line 12: rules[0].threshold: is not used by a rule of the type frequency; leave it out.',
    ],
    [
      RIGHT.replace('receivers: [ops]', 'receivers: [opps]'),
      'line 14: rules[0].receivers[0]: given "opps", which is no receiver of notifications.receivers. Did you mean ops?',
    ],
    [
      RIGHT.replace('name: quiet', 'name: pods'),
      'line 16: rules[1].name: given "pods", which rules[0] is called already.',
    ],
    [
      RIGHT.replace('name: quiet', 'name: Quiet'),
      'line 16: rules[1].name: given "Quiet", allowed: a name in lower case',
    ],
    [
      RIGHT.replace('threshold: 1', "threshold: 1, sentence: '{{wach}}'"),
      'line 16: rules[1].sentence: has {{wach}}, which is no name of a fact. Did you mean watch?',
    ],
    [
      RIGHT.replace('Hours: 1', 'Hours: 0.01'),
      'rules[0].exponentialRealertHours: is 0.01, shorter than realertMinutes, which is 1',
    ],
    [RIGHT.replace('Hours: 1', 'Hours: 1\n    realertMinutes: 0'), 'exponentialRealertHours: doubles a pause of 0'],
    [
      'rules:\n - {name: c, type: cardinality, source: events, cardinalityField: node, timeframeMinutes: 1}',
      'maxCardinality: is missing; give maxCardinality, minCardinality, or both.',
    ],
    [
      'rules:\n - {name: c, type: cardinality, source: events, cardinalityField: node, queryKey: node, maxCardinality: 2, timeframeMinutes: 1}',
      'cardinalityField: is node, which is in queryKey',
    ],
    [
      'rules:\n - {name: c, type: cardinality, source: events, cardinalityField: node, maxCardinality: 2, minCardinality: 3, timeframeMinutes: 1}',
      'minCardinality: is 3, above maxCardinality, which is 2',
    ],
    [
      'rules:\n - {name: c, type: any, source: checks, where: {toString: x}}',
      'rules[0].where.toString: there is no such key.',
    ],
    [`rules: ${'['.repeat(20_000)}`, '/r.yaml'],
  ])('%#: is refused with the place and the reason', (text, mistake) => {
    const mistakes = mistakesOf(text);
    expect(mistakes.join('\n')).toContain(mistake);
    for (const line of mistakes) expect(line).toMatch(/^\/r\.yaml[ :]/);
  });

  it('names everything that is wrong, up to fifty', () => {
    const rules = Array.from({ length: 90 }, (_, index) => `  - {name: r${index}, type: x, source: events}`);
    const mistakes = mistakesOf(`rules:\n${rules.join('\n')}`);
    expect(mistakes).toHaveLength(51);
    expect(mistakes.at(-1)).toBe('… and 40 more.');
    expect(mistakes[49]).toContain('line 51: rules[49].type');
  });

  it('has at most 500 rules', () => {
    const rules = Array.from({ length: 501 }, (_, index) => `  - {name: r${index}, type: any, source: events}`);
    expect(mistakesOf(`rules:\n${rules.join('\n')}`)).toEqual([
      expect.stringMatching(/allowed: a list of rules, at most 500\.$/),
    ]);
  });
});

describe('rules that come with Meerkat', () => {
  it('wake nobody who does not ask, and are in their place unless the file has one of the name', () => {
    expect(builtInRules().map(({ name, severity, receivers, place }) => [name, severity, receivers, place])).toEqual([
      ['warning-events', 'info', [], 'built in'],
      ['node-events', 'info', [], 'built in'],
      ['warning-on-several-nodes', 'info', [], 'built in'],
    ]);
    const own = read('rules:\n  - {name: node-events, type: any, source: events, where: {kind: Node}}');
    const all = withBuiltIn('rules' in own ? own.rules : []);
    expect(all.map(({ name, place }) => `${name}: ${place}`)).toEqual([
      'node-events: /r.yaml line 2',
      'warning-events: built in',
      'warning-on-several-nodes: built in',
    ]);
  });
});

describe('patterns of all rules together', () => {
  const file = (count: number, regex: (index: number) => string): string =>
    JSON.stringify({
      rules: Array.from({ length: count }, (_, index) => ({
        name: `rule-${index}`,
        type: 'any',
        source: 'events',
        where: { message: { regex: regex(index) } },
        not: { message: { regex: 'well$' } },
      })),
    });

  it('may not become more steps than there is memory for', () => {
    const long = (index: number): string => `pod-${index}[a-z]{1,450}`;
    expect(mistakesOf(file(50, long))).toEqual([]);
    expect(mistakesOf(file(60, long))).toEqual([
      expect.stringMatching(
        /^\/r\.yaml line 1: rules: the patterns of all rules become \d+ steps, allowed: at most 50000/,
      ),
    ]);
  });

  it('are counted once each', () => {
    expect(mistakesOf(file(500, () => 'pod-[a-z]{1,450}'))).toEqual([]);
    expect(mistakesOf(file(500, (index) => `(?i)failed to pull image of pod-${index}: .*(refused|timeout)`))).toEqual(
      [],
    );
  });
});

it('is over after a minute at the earliest: nobody would hear of what is over before it is looked at', () => {
  expect(mistakesOf('rules:\n  - {name: a, type: any, source: events, keepFiringMinutes: 0}')).toEqual([
    expect.stringContaining('keepFiringMinutes: given 0, allowed: '),
  ]);
});
