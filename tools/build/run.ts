/** How the bundle is run, in the image, in tests and in measurements alike. */
import { resolve } from 'node:path';

export const BUNDLE = resolve(import.meta.dirname, '../../dist/meerkat.js');

/**
 * Small heaps, collected by the thread that filled them: waking V8's helpers for a few MiB takes 0.07 % of a core, and with
 * 80 MiB the longest pause is the same either way.
 */
export const BUNDLE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=96', '--single-threaded-gc'] as const;
