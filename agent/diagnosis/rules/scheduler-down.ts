import { SCHEDULER, silentControllerRule } from '../controllers.ts';

export const schedulerDown = silentControllerRule(SCHEDULER);
