/**
 * Controllers of which only one works at a time: whoever holds the Lease. None works where nobody renews it, or where each
 * instance is out of order; where some are, nobody may take over from the one that works.
 */
import type { ControlPlanePart } from '../model/control-plane.ts';
import type { ControllerLease } from '../model/roster.ts';
import { formatDuration } from '../model/text.ts';
import {
  type Failing,
  failuresOf,
  howItFails,
  instancesOf,
  lastSince,
  living,
  noneOf,
  noneWorks,
} from './instances.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from './rule.ts';

export interface Controller {
  /** Also the prefix of its check's reasons: `SchedulerDown`. */
  readonly name: 'Scheduler' | 'ControllerManager';
  readonly check: Extract<ControlPlanePart, 'scheduler' | 'controller-manager'>;
  readonly lease: ControllerLease['name'];
  /** `scheduler`. */
  readonly title: string;
  /** What does not happen any more. */
  readonly consequence: string;
}

export const SCHEDULER: Controller = {
  name: 'Scheduler',
  check: 'scheduler',
  lease: 'kube-scheduler',
  title: 'scheduler',
  consequence: 'new pods are placed on no node',
};

export const CONTROLLER_MANAGER: Controller = {
  name: 'ControllerManager',
  check: 'controller-manager',
  lease: 'kube-controller-manager',
  title: 'controller manager',
  consequence: 'nothing that fails is replaced, and no node is called not ready',
};

export const claimsOf = ({ check, name }: Controller): string[] => failuresOf(check, name);

/** A Lease is read every 5 s, and a fault is dated from its first look. */
const RENEWED_LATE_MS = 20_000;
/** Until a run of the check or a reading of the Lease tells otherwise. */
const INTERVAL_MS = 5000;

export const silentControllerRule = (controller: Controller): Rule => ({
  reason: `${controller.name}Down`,
  severity: 'warning',
  concludes: `No ${controller.title} works: ${controller.consequence}.`,
  from: `The Lease \`kube-system/${controller.lease}\`, read by a roster reader every 5 s: unchanged for twice its duration on the reader’s clock, while the Kubernetes API answered. Or each instance that is known is down, silent or not healthy, or on a host that is lost.`,
  sound:
    'Whichever instance works has to renew the Lease, every 2 s by default; no time that a holder wrote is compared. An instance is looked at on its own node, twice.',
  silentWhen:
    'The API does not answer, or nobody reads it: then nothing can be renewed, and only the instances themselves tell. There is no such Lease, as in some managed clusters. One that was left behind by a controller that runs without leader election now has to be deleted.',
  claims: claimsOf(controller),
  find: (evidence) =>
    findSilent(evidence, controller) ??
    findAllDown(evidence, controller, living(claimed(evidence, claimsOf(controller)))),
});

/** True when one finding says that none works; what is down is part of that. */
export const isNoneWorking = (evidence: Evidence, controller: Controller): boolean =>
  leaseOf(evidence, controller)?.kind === 'stale' || isEachDown(evidence, controller);

/** @param reason of the finding */
export const instanceDraft = (
  evidence: Evidence,
  { title, check }: Controller,
  seen: SeenProblem,
  reason: string,
): Draft => {
  const sentence = `The ${title} on ${seen.node} ${howItFails(seen)}`;
  return { ...draftFor(evidence, seen, reason, 'warning', sentence), subject: check };
};

function findAllDown(evidence: Evidence, controller: Controller, seen: readonly SeenProblem[]): readonly Draft[] {
  const [first, ...others] = seen.map((one): Failing => ({
    draft: instanceDraft(evidence, controller, one, `${controller.name}Down`),
    how: howItFails(one),
  }));
  if (first === undefined || !isEachDown(evidence, controller)) return [];
  const instances = instancesOf(evidence, controller.check);
  const { subject: _subject, ...all } = noneOf([first, ...others], instances, `No ${controller.title} works`);
  return [{ ...all, sentence: `${all.sentence}; ${controller.consequence}`, isOfAll: true }];
}

/** Of those that are known; where somebody renewed the Lease since there is one more. */
function isEachDown(evidence: Evidence, controller: Controller): boolean {
  if (!noneWorks(instancesOf(evidence, controller.check))) return false;
  const lease = leaseOf(evidence, controller);
  const last = lastSince(living(claimed(evidence, claimsOf(controller))));
  return lease?.kind !== 'renewed' || evidence.now - lease.unchangedForMs <= last + RENEWED_LATE_MS;
}

/** As somebody reads it now. */
const leaseOf = ({ mesh, state: { kube } }: Evidence, { lease }: Controller): ControllerLease | undefined =>
  mesh === undefined || kube?.roster?.isCurrent !== true
    ? undefined
    : kube.controllers.find((one) => one.name === lease);

function findSilent(evidence: Evidence, controller: Controller): readonly Draft[] | undefined {
  const lease = leaseOf(evidence, controller);
  const reader = evidence.state.kube?.roster?.reader;
  if (lease?.kind !== 'stale' || reader === undefined) return undefined;
  const { name, title, consequence, check } = controller;
  const down = living(claimed(evidence, claimsOf(controller)));
  return [
    {
      reason: `${name}Down`,
      severity: 'warning',
      nodeSeverity: 'info',
      node: down[0]?.node ?? holderNode(evidence, lease) ?? evidence.roles.controlPlane[0] ?? reader,
      ...(down.length > 0 && { nodes: down.map(({ node }) => node) }),
      check,
      sentence: `No ${title} works: nobody renews its Lease, while the Kubernetes API answers; ${consequence}`,
      since: evidence.now - lease.unchangedForMs,
      observers: [reader],
      dissent: [],
      evidence: [
        `the Lease kube-system/${lease.name} has not changed for ${formatDuration(lease.unchangedForMs)}${lease.holder === undefined ? '' : `; ${lease.holder} holds it`}`,
        ...down.map(({ node, problem }) => `${check} on ${node}: ${problem.message}`),
      ],
      alternatives: [],
      next: [
        `On the control-plane nodes: \`crictl ps -a --name ${lease.name}\` (of k3s \`journalctl -u k3s\`), then its log; \`kubectl -n kube-system get lease ${lease.name} -o yaml\``,
      ],
      intervalMs: INTERVAL_MS,
      isOfAll: true,
    },
  ];
}

/** `m1_5d9c…`: the host's name comes first. */
function holderNode({ mesh }: Evidence, { holder }: ControllerLease): string | undefined {
  const host = holder?.replace(/_[^_]*$/, '');
  return host !== undefined && mesh?.members.has(host) === true ? host : undefined;
}
