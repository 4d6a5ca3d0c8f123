import { describe, expect, it } from 'vitest';
import { fetchFailure, fetchResponse } from '../testing.ts';
import {
  isRangeServed,
  isVersionOfEtcd,
  parseGatewayError,
  parseHealth,
  parseMetrics,
  parseStatus,
} from './answers.ts';
import {
  gatewayError,
  healthAnswer,
  leaderless,
  MEMBER_ID,
  metricsAnswer,
  rangeAnswer,
  silence,
  statusAnswer,
} from './testing.ts';

const FOREIGN = [silence(), fetchResponse(404, 'not found'), fetchResponse(200, '<html>'), fetchResponse(200, '{}')];

describe('parseStatus', () => {
  it('reads what a well member says', () => {
    expect(parseStatus(statusAnswer())).toEqual({
      memberId: MEMBER_ID,
      version: '3.4.23',
      hasLeader: true,
      isLearner: false,
      dbSizeBytes: 20_480,
      alarms: [],
    });
  });

  it.each([
    [{ leader: undefined }, { hasLeader: false }],
    [{ leader: '0' }, { hasLeader: false }],
    [{ isLearner: true }, { isLearner: true }],
    [{ dbSizeQuota: '2147483648' }, { quotaBytes: 2_147_483_648 }],
    [{ errors: ['memberID:255 alarm:NOSPACE '] }, { alarms: [{ alarm: 'NOSPACE', memberId: '255' }] }],
    [{ errors: ['alarm:CORRUPT '] }, { alarms: [{ alarm: 'CORRUPT' }] }],
    [{ errors: ['etcdserver: no leader'] }, { alarms: [] }],
  ])('%j', (more, expected) => {
    expect(parseStatus(statusAnswer(more))).toMatchObject(expected);
  });

  it.each(FOREIGN)('takes nothing from %j', (result) => {
    expect(parseStatus(result)).toBeUndefined();
    expect(isRangeServed(result)).toBe(false);
    expect(parseHealth(result)).toBeUndefined();
    expect(parseMetrics(result)).toBeUndefined();
    expect(isVersionOfEtcd(result)).toBe(false);
  });
});

it('tells a served range from an error', () => {
  expect(isRangeServed(rangeAnswer())).toBe(true);
  expect(isRangeServed(gatewayError(503, 'etcdserver: request timed out'))).toBe(false);
  expect(parseGatewayError(gatewayError(503, 'etcdserver: request timed out'))).toBe('etcdserver: request timed out');
  expect(parseGatewayError(fetchResponse(500, '{"code":2,"message":"only a message"}'))).toBe('only a message');
  expect(parseGatewayError(fetchFailure('reset'))).toBeUndefined();
  expect(parseGatewayError(leaderless())).toBeUndefined();
});

it.each([
  [healthAnswer(true), { healthy: true, reason: '' }],
  [healthAnswer(true, ''), { healthy: true, reason: '' }],
  [healthAnswer(false), { healthy: false, reason: '' }],
  [healthAnswer(false, 'RAFT NO LEADER'), { healthy: false, reason: 'RAFT NO LEADER' }],
  [fetchResponse(200, '{"health":true}'), { healthy: true, reason: '' }],
])('reads health %j', (result, expected) => {
  expect(parseHealth(result)).toEqual(expected);
});

describe('parseMetrics', () => {
  it('reads the metrics that matter', () => {
    const buckets = [0.002, 1.024, 2.048, Infinity].map((upTo) => ({ upTo, count: upTo < 2 ? 7 : 9 }));
    expect(parseMetrics(metricsAnswer({ etcd_server_is_learner: 0 }, { fast: 7, slow: 2 }))).toEqual({
      walFsync: buckets,
      backendCommit: buckets,
      hasLeader: true,
      isLearner: false,
      leaderChanges: 3,
      pendingProposals: 0,
      quotaBytes: 2_147_483_648,
      dbSizeBytes: 20_480,
    });
  });

  it('leaves out what is not there, and a quota of nothing', () => {
    const result = fetchResponse(200, 'etcd_server_has_leader 0\netcd_server_quota_backend_bytes 0\n');

    expect(parseMetrics(result)).toEqual({ hasLeader: false });
  });
});

it('knows the version of an etcd', () => {
  expect(isVersionOfEtcd(fetchResponse(200, '{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}'))).toBe(true);
  expect(isVersionOfEtcd(fetchResponse(200, '{"version":"1"}'))).toBe(false);
});
