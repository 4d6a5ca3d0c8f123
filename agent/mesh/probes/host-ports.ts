/** Ports that no agent listens on: the kubelet, and ssh. A host that refuses there lives as well. */
export const HOST_PORTS: readonly number[] = [10_250, 22];
