/** Of which workload an alert is: what the configuration says of its name, else its labels. */
import type { SignalKey } from '../../model/signal.ts';

export type SignalPlace = Omit<SignalKey, 'name'>;

export interface SignalMapping extends SignalPlace {
  /** The alert's name. */
  readonly alert: string;
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const WORKLOAD = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
/** The first that is there names it. */
const LABELS = ['workload', 'deployment', 'statefulset', 'daemonset', 'pod', 'container'] as const;

export const isNamespace = (text: string): boolean => NAMESPACE.test(text);
export const isWorkload = (text: string): boolean => WORKLOAD.test(text);
export const isContainer = (text: string): boolean => text === '' || NAMESPACE.test(text);

/** A text: why it cannot be told, a sentence without a full stop. */
export function placeOfAlert(
  name: string,
  labels: ReadonlyMap<string, string>,
  mapping: readonly SignalMapping[],
): SignalPlace | string {
  const mapped = mapping.find(({ alert }) => alert === name);
  if (mapped !== undefined) {
    const { namespace, workload, container } = mapped;
    return { namespace, workload, container };
  }
  const namespace = labels.get('namespace') ?? '';
  const by = LABELS.find((label) => (labels.get(label) ?? '') !== '');
  if (namespace === '' || by === undefined)
    return `it has no label namespace with one of ${LABELS.join(', ')}, and signals.mapping does not name it`;
  const workload = labels.get(by) ?? '';
  // A container that stands alone is taken for the name of its workload, as people call both alike.
  const container = by === 'container' ? '' : (labels.get('container') ?? '');
  if (!isNamespace(namespace)) return 'its label namespace is no name of a namespace';
  if (!isWorkload(workload)) return `its label ${by} is no name that Kubernetes would take`;
  if (!isContainer(container)) return 'its label container is no name of a container';
  return { namespace, workload, container };
}
