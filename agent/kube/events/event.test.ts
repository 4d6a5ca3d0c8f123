import { describe, expect, it } from 'vitest';
import { anEvent } from '../testing.ts';
import { readEvent } from './event.ts';

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);
const NONE = { firstTimestamp: null, lastTimestamp: null, count: 0 };

describe('an Event', () => {
  it('of an older recorder', () => {
    expect(readEvent(anEvent('one'))).toEqual({
      uid: 'uid-of-one',
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting failed container',
      kind: 'Pod',
      namespace: 'prod',
      name: 'api-1',
      objectUid: 'pod-uid',
      container: 'app',
      component: 'kubelet',
      node: 'w1',
      firstAt: at('11:00:00'),
      at: at('11:30:00'),
      count: 5,
    });
  });

  it('of a newer recorder counts in its series', () => {
    const event = readEvent(
      anEvent('one', {
        ...NONE,
        source: {},
        eventTime: '2026-01-01T11:10:00.123456Z',
        series: { count: 9, lastObservedTime: '2026-01-01T11:50:00.654321Z' },
        reportingComponent: 'default-scheduler',
        reportingInstance: 'default-scheduler-m1',
        involvedObject: { kind: 'Pod', namespace: 'prod', name: 'api-1', uid: 'pod-uid' },
      }),
    );

    expect(event).toMatchObject({
      count: 9,
      firstAt: at('11:10:00.123'),
      at: at('11:50:00.654'),
      component: 'default-scheduler',
    });
    expect([event?.node, event?.container]).toEqual([undefined, undefined]);
  });

  it.each([
    ['the last time of its series', { series: { lastObservedTime: '2026-01-01T11:59:00Z' } }, '11:59:00'],
    ['its last time', {}, '11:30:00'],
    ['its time', { ...NONE, eventTime: '2026-01-01T11:20:00.000001Z' }, '11:20:00'],
    ['when it was made', NONE, '11:00:00'],
    ['not the zero of Go', { ...NONE, eventTime: '0001-01-01T00:00:00Z' }, '11:00:00'],
    ['not a text that is no time', { lastTimestamp: 'soon' }, '11:00:00'],
  ])('happened last at %s', (_, more, time) => {
    expect(readEvent(anEvent('one', more))?.at).toBe(at(time));
  });

  it.each([
    [{ count: 3, series: { count: 8 } }, 8],
    [{ count: 3, series: null }, 3],
    [{ count: 0 }, 1],
    [{ count: undefined }, 1],
    [{ count: -4 }, 1],
    [{ count: 1.5 }, 1],
    [{ count: '12' }, 1],
    [{ count: 2 ** 60 }, 1],
  ])('with %j happened %i times', (more, count) => {
    expect(readEvent(anEvent('one', more))?.count).toBe(count);
  });

  it.each([
    ['its host', {}, 'w1'],
    ['the kubelet that reports it', { source: {}, reportingComponent: 'kubelet', reportingInstance: 'w7' }, 'w7'],
    ['nothing else that reports it', { source: {}, reportingComponent: 'x', reportingInstance: 'x-7' }, undefined],
    ['the Node that it is about', { source: { component: 'c' }, involvedObject: { kind: 'Node', name: 'w9' } }, 'w9'],
    ['nothing', { source: null, involvedObject: null }, undefined],
  ])('is of a node by %s', (_, more, node) => {
    expect(readEvent(anEvent('one', more))?.node).toBe(node);
  });

  it.each([
    ['spec.containers{app}', 'app'],
    ['spec.initContainers{init}', 'init'],
    ['spec.ephemeralContainers{debug}', 'debug'],
    ['spec.containers[0]', undefined],
    ['spec.containers{}', undefined],
    [7, undefined],
  ])('of %s is of the container %s', (fieldPath, container) => {
    const involvedObject = { kind: 'Pod', name: 'api-1', fieldPath };
    expect(readEvent(anEvent('one', { involvedObject }))?.container).toBe(container);
  });

  it('has harmless texts that are not long, and does not begin after it ended', () => {
    const long = `\u001b[31m\u202e${'é\n'.repeat(600_000)}`;
    const event = readEvent(
      anEvent('one', {
        message: long,
        reason: long,
        type: long,
        involvedObject: { kind: long, name: long, namespace: long, uid: long },
        source: { component: long, host: long },
        firstTimestamp: '2026-01-01T12:30:00Z',
      }),
    );

    expect(event?.firstAt).toBe(event?.at);
    expect(event?.message).toHaveLength(1024);
    for (const value of Object.values(event ?? {})) {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(String(value)).not.toMatch(/[\u0000-\u001f\u202e]/);
      expect(String(value).length).toBeLessThanOrEqual(1024);
    }
  });

  it('is of any type, and may say nothing of itself', () => {
    expect(readEvent(anEvent('one', { type: 'Notice' }))?.type).toBe('Notice');
    expect(readEvent({ metadata: { name: 'bare', uid: 'u', creationTimestamp: '2026-01-01T11:00:00Z' } })).toEqual({
      uid: 'u',
      type: '',
      reason: '',
      message: '',
      kind: '',
      namespace: '',
      name: '',
      objectUid: '',
      component: '',
      firstAt: at('11:00:00'),
      at: at('11:00:00'),
      count: 1,
    });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'event'],
    ['an array', [anEvent('one')]],
    ['no uid', anEvent('one', { metadata: { name: 'one' } })],
    ['no name', anEvent('one', { metadata: { uid: 'u' } })],
    ['no time', anEvent('one', { ...NONE, metadata: { name: 'one', uid: 'u' } })],
  ])('is not %s', (_, object) => {
    expect(readEvent(object)).toBeUndefined();
  });
});
