import { silentControllerRule } from '../controllers.ts';

export const schedulerDown = silentControllerRule({
  reason: 'SchedulerDown',
  lease: 'kube-scheduler',
  title: 'scheduler',
  consequence: 'new pods are placed on no node',
});
