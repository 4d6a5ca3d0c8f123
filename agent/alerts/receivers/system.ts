/** The receivers with this machine's files, network and chance. */
import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../base/config.ts';
import type { Logger } from '../../base/log.ts';
import { systemNameLookup } from '../../base/lookup.ts';
import { systemRandom } from '../../base/random.ts';
import { createSocketLookup } from '../../base/socket-lookup.ts';
import type { Receiver } from '../types.ts';
import { createPost } from './post.ts';
import { createReceivers } from './receivers.ts';
import { SYSTEM_FILES } from './system-files.ts';

export const createSystemReceivers = (
  { receivers, clusterName, templates }: Pick<Config['notifications'], 'receivers' | 'clusterName' | 'templates'>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): readonly Receiver[] =>
  createReceivers(receivers, {
    clock,
    log,
    random: systemRandom,
    files: SYSTEM_FILES,
    post: createPost({ clock, lookup: createSocketLookup(systemNameLookup(clock)) }),
    clusterName,
    templates,
  });
