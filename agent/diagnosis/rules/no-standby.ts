import { CONTROLLER_MANAGER, SCHEDULER, claimsOf, instanceDraft, isNoneWorking } from '../controllers.ts';
import { living } from '../instances.ts';
import { type Rule, claimed } from '../rule.ts';

const CONTROLLERS = [SCHEDULER, CONTROLLER_MANAGER];

export const noStandby: Rule = {
  reason: 'NoStandby',
  severity: 'warning',
  concludes: 'A scheduler or a controller manager is out of order while another one works, or may.',
  from: 'Nobody listens on the port of an instance that belongs there, or it accepts and does not answer, or says that it is not healthy.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the instance.',
  silentWhen: 'None works: that is SchedulerDown or ControllerManagerDown.',
  claims: CONTROLLERS.flatMap(claimsOf),
  find: (evidence) =>
    CONTROLLERS.flatMap((controller) => {
      const seen = living(claimed(evidence, claimsOf(controller)));
      if (seen.length === 0 || isNoneWorking(evidence, controller)) return [];
      return seen.map((one) => instanceDraft(evidence, controller, one, 'NoStandby'));
    }),
};
