import { describe, expect, it } from 'vitest';
import { compileTemplate } from './template.ts';

const NAMES = ['kind', 'namespace', 'name', 'message', 'count'];
const rendered = (source: string, facts: Record<string, string>): string => {
  const compiled = compileTemplate(source, NAMES);
  return 'template' in compiled ? compiled.template.render(facts) : compiled.mistake;
};

describe('a template', () => {
  it('puts facts by their name, wherever they stand, as often as they do', () => {
    const facts = { kind: 'Pod', namespace: 'prod', name: 'api', message: 'it fell', count: '3' };
    expect(rendered('{{kind}} {{ namespace }}/{{name}} ×{{count}}: {{message}} ({{name}})', facts)).toBe(
      'Pod prod/api ×3: it fell (api)',
    );
    expect(rendered('no place', facts)).toBe('no place');
  });

  it('leaves out what is not there, and one of two blanks', () => {
    expect(rendered('a {{kind}} b', {})).toBe('a b');
    // What every object inherits is no fact.
    expect('mistake' in compileTemplate('{{constructor}}', NAMES)).toBe(true);
  });

  it('cleans and cuts what others wrote, and never reads it as a template', () => {
    expect(rendered('{{message}}', { message: 'a\u001b[31m\nb\u202e{{name}}', name: 'x' })).toBe('a [31m b {{name}}');
    expect(rendered('{{message}}', { message: 'x'.repeat(5000) })).toHaveLength(300);
    expect(rendered('{{message}}'.repeat(20), { message: 'x'.repeat(300) })).toHaveLength(2000);
  });

  it.each([
    ['{{knd}}', 'has {{knd}}, which is no name of a fact. Did you mean kind?'],
    ['{{zzz}}', `has {{zzz}}, which is no name of a fact. Allowed: ${NAMES.join(', ')}.`],
    ['{{kind', 'has a pair of braces without its other one; allowed: {{name}}.'],
    ['kind}}', 'has a pair of braces without its other one; allowed: {{name}}.'],
    ['{{{{kind}}', 'has a pair of braces without its other one; allowed: {{name}}.'],
    ['x'.repeat(1001), 'has 1001 characters, allowed: at most 1000.'],
  ])('%.12s is refused', (source, mistake) => {
    expect(compileTemplate(source, NAMES)).toEqual({ mistake });
  });
});
