/** 24 hours of ordinary noise on every input of every check, on a worker of a kubeadm cluster. See `noise/`. */
import { expectCalm } from './noise/expect-calm.ts';

expectCalm('worker');
