/** Marks everything that a probe makes in a container runtime. */
export const PROBE_LABEL = 'io.meerkat.probe';
/** Says which agent made it. */
export const INSTANCE_LABEL = 'io.meerkat.instance';
