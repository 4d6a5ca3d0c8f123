/** daemonset.yaml as tests look at it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly {
    readonly name: string;
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly protocol: string;
  }[];
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
    readonly mountPropagation?: string;
  }[];
}

export interface DaemonSet extends KubeObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly (Readonly<Record<string, object>> & {
          readonly name: string;
          readonly hostPath?: { readonly path: string; readonly type?: string };
        })[];
        readonly [field: string]: unknown;
      };
    };
  };
}

/** YAML 1.1, as kubectl reads it: `0400` is octal. */
export const documentsOf = (text: string): readonly Document.Parsed[] =>
  (parseAllDocuments(text, { version: '1.1' }) as Document.Parsed[]).filter(({ contents }) => contents !== null);

export const objectsOf = (text: string): readonly KubeObject[] =>
  documentsOf(text).map((document) => document.toJS() as KubeObject);

export const readManifest = (): string => readFileSync(join(ROOT, 'daemonset.yaml'), 'utf8');

export type Verb = 'get' | 'list' | 'watch' | 'update';

export interface RuleSet extends KubeObject {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly Verb[];
  }[];
}

export interface Binding extends KubeObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

interface Kinds {
  readonly ConfigMap: KubeObject & { readonly data: Readonly<Record<string, string>> };
  readonly ClusterRole: RuleSet;
  readonly Role: RuleSet;
  readonly ClusterRoleBinding: Binding;
  readonly RoleBinding: Binding;
  readonly DaemonSet: DaemonSet;
  readonly Service: KubeObject & { readonly spec: { readonly ports: readonly { readonly name: string }[] } };
  readonly ServiceMonitor: KubeObject & {
    readonly spec: {
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly endpoints: readonly { readonly port: string }[];
    };
  };
}

/** In the order of the manifest. */
export const ofKinds = <Kind extends keyof Kinds>(
  objects: readonly KubeObject[],
  ...kinds: readonly Kind[]
): readonly Kinds[Kind][] =>
  objects.filter(({ kind }) => (kinds as readonly string[]).includes(kind)) as unknown as readonly Kinds[Kind][];

/** Throws where there is none. */
export function daemonSetOf(objects: readonly KubeObject[], name: string): DaemonSet {
  const found = ofKinds(objects, 'DaemonSet').find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no DaemonSet ${name}`);
  return found;
}

/** Throws where there is none. */
export function containerOf({ spec }: DaemonSet, name: string): Container {
  const found = spec.template.spec.containers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no container ${name}`);
  return found;
}
