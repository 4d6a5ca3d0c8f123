/** 24 hours of ordinary noise on every input of every check, on a master of a kubeadm cluster. See `noise/`. */
import { expectCalm } from './noise/expect-calm.ts';

expectCalm('master');
