import { silentControllerRule } from '../controllers.ts';

export const controllerManagerDown = silentControllerRule({
  reason: 'ControllerManagerDown',
  lease: 'kube-controller-manager',
  title: 'controller manager',
  consequence: 'nothing that fails is replaced, and no node is called not ready',
});
