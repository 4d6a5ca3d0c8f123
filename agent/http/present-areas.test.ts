import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { CHECKS } from '../../checks/registry.ts';
import { RULES } from '../diagnosis/rules.ts';
import { NOW, createScene, failing } from '../diagnosis/testing.ts';
import { MIXED_RESULTS, aFinding, aResult, aState } from '../../test/lib/fixtures.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Finding } from '../model/finding.ts';
import { AreaSchema } from './contract/overview.ts';
import { AREA_OF_CHECK } from './node-words.ts';
import { AREA_OF_REASON, presentAreas } from './present-areas.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const short = (state: ClusterState, findings: readonly Finding[] = []): Record<string, string> =>
  Object.fromEntries(
    presentAreas(state, findings).map(({ area, status, looked, of }) => [area, `${status} ${looked}/${of}`]),
  );

it('calls a part fine when everything that looks at it has looked', () => {
  const state = createScene(NAMES).from('w1');

  expect(short(state)['control-plane']).toMatch(/^ok /);
  expect(short(state)['workers']).toMatch(/^ok /);
  expect(presentAreas(state, []).flatMap((area) => [...Value.Errors(AreaSchema, area)])).toEqual([]);
});

it('never calls it fine while something could not look, or has not yet', () => {
  expect(short(aState(MIXED_RESULTS))).toEqual({
    // Absent here.
    'control-plane': 'absent 0/0',
    workers: 'ok 1/1',
    network: 'absent 0/0',
    // Its result is too old.
    dns: 'unknown 0/1',
  });
  expect(short(aState([aResult()], { settled: false }))['workers']).toBe('unknown 1/1');
  expect(
    short(aState([aResult({ check: 'dns' })], { leftOut: [{ check: 'dns', why: 'threw', at: NOW }] }))['dns'],
  ).toBe('unknown 0/1');
});

it('does not believe the last report of a node that is gone', () => {
  const areas = short(createScene(NAMES).powerOff('m1', 'w2').from('w1'));

  expect(areas['control-plane']).toMatch(/^unknown /);
  expect(areas['workers']).toBe('unknown 1/2');
  expect(areas['network'], 'they may be cut off').toMatch(/^unknown /);
  const killed = short(createScene(NAMES).kill('w2').from('w1'));
  expect(killed['network'], 'it is known that it does not run').not.toMatch(/^unknown /);
});

it('lets findings decide on problems: by reason, by check, else by the kind of their nodes', () => {
  const state = createScene(NAMES)
    .report('w2', failing('kubelet', 'KubeletDown', 'refused'))
    .from('w1');
  const about = (changes: Partial<Finding>): Finding => {
    const { check: _check, ...rest } = aFinding({ node: 'w2' });
    return { ...rest, id: JSON.stringify(changes), ...changes };
  };
  const troubled = (...findings: readonly Finding[]): string[] =>
    presentAreas(state, findings).flatMap(({ area, status, findings: ids }) =>
      status === 'problem' && ids.length > 0 ? area : [],
    );

  expect(troubled(about({ check: 'kubelet' }))).toEqual(['workers']);
  expect(troubled(about({ check: 'kubelet', node: 'm1' }))).toEqual(['control-plane']);
  expect(troubled(about({ reason: 'NodesLost', node: 'm1', nodes: ['m1', 'w2'] }))).toEqual([
    'control-plane',
    'workers',
  ]);
  expect(troubled(about({ reason: 'EtcdQuorumLost' }))).toEqual(['control-plane']);
  expect(troubled(about({ reason: 'ClusterDnsDown' }))).toEqual(['dns']);
  expect(troubled(about({ check: 'dns', reason: 'DnsSlow' }))).toEqual(['dns']);
  expect(troubled(about({ reason: 'PacketLoss' }))).toEqual(['network']);
  expect(troubled(about({ check: 'overlay' }))).toEqual(['network']);
  expect(troubled(about({ check: 'kubelet', severity: 'info' })), 'a note is no problem').toEqual([]);
});

it('names no check and no reason that there is not', () => {
  const [checks, reasons] = [CHECKS.map(({ id }) => id), RULES.map(({ reason }) => reason)];

  expect(Object.keys(AREA_OF_CHECK).filter((check) => !checks.includes(check))).toEqual([]);
  expect(Object.keys(AREA_OF_REASON).filter((reason) => !reasons.includes(reason))).toEqual([]);
});
