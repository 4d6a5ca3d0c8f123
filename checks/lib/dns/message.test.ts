import { RECURSION_DESIRED, decode, encode } from '@dnsquery/dns-packet';
import { describe, expect, it } from 'vitest';
import { decodeAnswer, encodeQuestion } from './message.ts';

const QUESTION = { id: 4711, name: 'kubernetes.default.svc.cluster.local.', type: 'A' } as const;
const asked = [{ type: 'A', name: 'kubernetes.default.svc.cluster.local' }] as const;
const response = (more: object = {}): Uint8Array =>
  encode({ type: 'response', id: 4711, questions: [...asked], answers: [], ...more });
const NXDOMAIN = 3;

describe('a message of DNS', () => {
  it('asks one question, to be resolved', () => {
    expect(decode(encodeQuestion(QUESTION))).toMatchObject({
      id: 4711,
      flags: RECURSION_DESIRED,
      questions: [{ name: 'kubernetes.default.svc.cluster.local', type: 'A' }],
    });
  });

  it('answers with the addresses of the type that was asked for', () => {
    const answers = [
      { type: 'CNAME', name: asked[0].name, data: 'api.example.org' },
      { type: 'A', name: 'api.example.org', data: '10.96.0.1' },
      { type: 'AAAA', name: 'api.example.org', data: 'fd00::1' },
    ];
    expect(decodeAnswer(response({ answers }), QUESTION)).toEqual({ code: 'NOERROR', addresses: ['10.96.0.1'] });
  });

  it('says why there is none', () => {
    expect(decodeAnswer(response({ flags: NXDOMAIN }), QUESTION)).toEqual({ code: 'NXDOMAIN', addresses: [] });
  });

  it('is compared without regard to the case of letters', () => {
    const questions = [{ type: 'A', name: 'KUBERNETES.default.svc.cluster.local' }];
    expect(decodeAnswer(response({ questions }), QUESTION)).toBeDefined();
  });

  it.each([
    ['another id', response({ id: 4712 })],
    ['another name', response({ questions: [{ type: 'A', name: 'other.svc.cluster.local' }] })],
    ['another type', response({ questions: [{ type: 'AAAA', name: asked[0].name }] })],
    ['no question', response({ questions: [] })],
    ['a question', encodeQuestion(QUESTION)],
    ['nothing', new Uint8Array()],
    ['half of it', response().subarray(0, 20)],
    ['noise', Uint8Array.from({ length: 512 }, (_, index) => (index * 197) % 256)],
    ['a name that points at itself', Uint8Array.from([18, 103, 129, 128, 0, 1, 0, 1, 0, 0, 0, 0, 192, 12, 0, 1, 0, 1])],
    ['HTML', new TextEncoder().encode('<html><body>It works!</body></html>')],
  ])('is no answer when it is %s', (_, message) => {
    expect(decodeAnswer(message, QUESTION)).toBeUndefined();
  });
});
