import { defineController } from './lib/control-plane/controller.ts';

export const controllerManager = defineController({
  id: 'controller-manager',
  prefix: 'ControllerManager',
  title: 'Controller manager',
  component: { name: 'kube-controller-manager', port: 10_257 },
  paths: ['/healthz'],
  asked: 'GET /healthz',
});
