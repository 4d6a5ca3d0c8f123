import { defineController } from './lib/control-plane/controller.ts';

export const scheduler = defineController({
  id: 'scheduler',
  prefix: 'Scheduler',
  title: 'Scheduler',
  component: { name: 'kube-scheduler', port: 10_259 },
  paths: ['/livez', '/healthz'],
  asked: 'GET /livez, or /healthz before 1.31',
});
