import { CONTROLLER_MANAGER, SCHEDULER, claimsOf, instanceDraft, isNoneWorking } from '../controllers.ts';
import { living, orRestart } from '../instances.ts';
import { type Rule, claimed } from '../rule.ts';

const CONTROLLERS = [SCHEDULER, CONTROLLER_MANAGER];

export const noStandby: Rule = {
  reason: 'NoStandby',
  severity: 'warning',
  concludes: 'A scheduler or a controller manager is out of order while another one works, or may.',
  from: 'Nobody listens on the port of an instance that belongs there, or it accepts and does not answer, or says that it is not healthy.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the instance.',
  silentWhen:
    'None works: that is SchedulerDown or ControllerManagerDown. Only an info for 30 s: whoever holds the Lease ends when its API server is restarted, and is started again.',
  claims: CONTROLLERS.flatMap(claimsOf),
  find: (evidence) =>
    CONTROLLERS.flatMap((controller) => {
      const seen = living(claimed(evidence, claimsOf(controller)));
      if (seen.length === 0 || isNoneWorking(evidence, controller)) return [];
      return seen.map((one) => orRestart(instanceDraft(evidence, controller, one, 'NoStandby'), evidence.now));
    }),
};
