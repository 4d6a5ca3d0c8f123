import { CONTROLLER_MANAGER, silentControllerRule } from '../controllers.ts';

export const controllerManagerDown = silentControllerRule(CONTROLLER_MANAGER);
