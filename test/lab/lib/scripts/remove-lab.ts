/**
 * Removes one lab. Started beside each lab by a shell that waits for the end of the process that made it, so that
 * nothing stays after a test run that was killed. Argument: the lab's number.
 */
import { placeOf } from '../lab/registry.ts';
import { removeLab } from '../lab/removal.ts';

await removeLab(placeOf(Number(process.argv[2])));
