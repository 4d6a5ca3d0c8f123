/**
 * The part of the Container Runtime Interface, version 1, that a probe needs, with the numbers of its fields.
 * Source: https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto
 */

interface Field {
  readonly id: number;
  readonly type: string;
  readonly rule?: 'repeated';
  readonly keyType?: string;
}

const field = (id: number, type = 'string'): Field => ({ id, type });
const list = (id: number, type = 'string'): Field => ({ id, type, rule: 'repeated' });
const map = (id: number): Field => ({ id, type: 'string', keyType: 'string' });
const message = (fields: Readonly<Record<string, Field>> = {}): object => ({ fields });
const names = (values: Readonly<Record<string, number>>): object => ({ values });
const service = (...methods: readonly string[]): object => ({
  methods: Object.fromEntries(
    methods.map((name) => [name, { requestType: `${name}Request`, responseType: `${name}Response` }]),
  ),
});

/** In the form of protobuf.js: https://github.com/protobufjs/protobuf.js#using-json-descriptors */
export const CRI_API = {
  nested: {
    runtime: {
      nested: {
        v1: {
          nested: {
            RuntimeService: service(
              'Version',
              'Status',
              'ListPodSandbox',
              'RunPodSandbox',
              'PodSandboxStatus',
              'StopPodSandbox',
              'RemovePodSandbox',
              'CreateContainer',
              'StartContainer',
              'ContainerStatus',
            ),
            ImageService: service('ListImages'),

            VersionRequest: message({ version: field(1) }),
            VersionResponse: message({ version: field(1), runtimeName: field(2), runtimeVersion: field(3) }),
            StatusRequest: message({ verbose: field(1, 'bool') }),
            StatusResponse: message({ status: field(1, 'RuntimeStatus'), info: map(2) }),
            RuntimeStatus: message({ conditions: list(1, 'RuntimeCondition') }),
            RuntimeCondition: message({
              type: field(1),
              status: field(2, 'bool'),
              reason: field(3),
              message: field(4),
            }),

            ListPodSandboxRequest: message({ filter: field(1, 'PodSandboxFilter') }),
            PodSandboxFilter: message({ id: field(1), labelSelector: map(3) }),
            ListPodSandboxResponse: message({ items: list(1, 'PodSandbox') }),
            PodSandbox: message({
              id: field(1),
              metadata: field(2, 'PodSandboxMetadata'),
              state: field(3, 'PodSandboxState'),
              createdAt: field(4, 'int64'),
              labels: map(5),
            }),
            PodSandboxMetadata: message({
              name: field(1),
              uid: field(2),
              namespace: field(3),
              attempt: field(4, 'uint32'),
            }),
            PodSandboxState: names({ SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 }),

            RunPodSandboxRequest: message({ config: field(1, 'PodSandboxConfig'), runtimeHandler: field(2) }),
            PodSandboxConfig: message({
              metadata: field(1, 'PodSandboxMetadata'),
              hostname: field(2),
              logDirectory: field(3),
              labels: map(6),
              linux: field(8, 'LinuxPodSandboxConfig'),
            }),
            LinuxPodSandboxConfig: message({
              cgroupParent: field(1),
              securityContext: field(2, 'LinuxSandboxSecurityContext'),
            }),
            LinuxSandboxSecurityContext: message({
              namespaceOptions: field(1, 'NamespaceOption'),
              readonlyRootfs: field(4, 'bool'),
            }),
            NamespaceOption: message({
              network: field(1, 'NamespaceMode'),
              pid: field(2, 'NamespaceMode'),
              ipc: field(3, 'NamespaceMode'),
            }),
            NamespaceMode: names({ POD: 0, CONTAINER: 1, NODE: 2 }),
            RunPodSandboxResponse: message({ podSandboxId: field(1) }),
            PodSandboxStatusRequest: message({ podSandboxId: field(1), verbose: field(2, 'bool') }),
            PodSandboxStatusResponse: message({ status: field(1, 'PodSandboxStatus') }),
            PodSandboxStatus: message({
              id: field(1),
              state: field(3, 'PodSandboxState'),
              network: field(5, 'PodSandboxNetworkStatus'),
            }),
            PodSandboxNetworkStatus: message({ ip: field(1), additionalIps: list(2, 'PodIP') }),
            PodIP: message({ ip: field(1) }),
            StopPodSandboxRequest: message({ podSandboxId: field(1) }),
            StopPodSandboxResponse: message(),
            RemovePodSandboxRequest: message({ podSandboxId: field(1) }),
            RemovePodSandboxResponse: message(),

            CreateContainerRequest: message({
              podSandboxId: field(1),
              config: field(2, 'ContainerConfig'),
              sandboxConfig: field(3, 'PodSandboxConfig'),
            }),
            ContainerConfig: message({
              metadata: field(1, 'ContainerMetadata'),
              image: field(2, 'ImageSpec'),
              args: list(4),
              labels: map(9),
              linux: field(15, 'LinuxContainerConfig'),
            }),
            ContainerMetadata: message({ name: field(1), attempt: field(2, 'uint32') }),
            ImageSpec: message({ image: field(1) }),
            LinuxContainerConfig: message({
              resources: field(1, 'LinuxContainerResources'),
              securityContext: field(2, 'LinuxContainerSecurityContext'),
            }),
            LinuxContainerResources: message({ memoryLimitInBytes: field(4, 'int64') }),
            LinuxContainerSecurityContext: message({
              capabilities: field(1, 'Capability'),
              namespaceOptions: field(3, 'NamespaceOption'),
              runAsUser: field(5, 'Int64Value'),
              readonlyRootfs: field(7, 'bool'),
              noNewPrivs: field(11, 'bool'),
            }),
            Capability: message({ dropCapabilities: list(2) }),
            Int64Value: message({ value: field(1, 'int64') }),
            CreateContainerResponse: message({ containerId: field(1) }),
            StartContainerRequest: message({ containerId: field(1) }),
            StartContainerResponse: message(),
            ContainerStatusRequest: message({ containerId: field(1), verbose: field(2, 'bool') }),
            ContainerStatusResponse: message({ status: field(1, 'ContainerStatus') }),
            ContainerStatus: message({
              id: field(1),
              state: field(3, 'ContainerState'),
              exitCode: field(7, 'int32'),
              reason: field(10),
              message: field(11),
            }),
            ContainerState: names({
              CONTAINER_CREATED: 0,
              CONTAINER_RUNNING: 1,
              CONTAINER_EXITED: 2,
              CONTAINER_UNKNOWN: 3,
            }),

            ListImagesRequest: message(),
            ListImagesResponse: message({ images: list(1, 'Image') }),
            Image: message({ id: field(1), repoTags: list(2), repoDigests: list(3), pinned: field(8, 'bool') }),
          },
        },
      },
    },
  },
};
