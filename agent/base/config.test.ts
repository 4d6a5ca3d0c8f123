import { describe, expect, it } from 'vitest';
import { CHECKS as ALL_CHECKS } from '../../checks/registry.ts';
import { CHECKS, load, mistakesOf } from './config/testing.ts';
import { redactConfig } from './config/redact.ts';

describe('defaults', () => {
  it('are valid alone and complete', () => {
    expect(load()).toEqual({
      node: { name: 'node-1' },
      host: { root: '/', proc: '/proc', sys: '/sys', mountTable: '' },
      dataDirectory: '/var/lib/meerkat',
      log: { level: 'info' },
      http: { address: '', port: 7575, access: 'open', tokenFile: '', hostNames: [], tlsCertFile: '', tlsKeyFile: '' },
      mesh: { enabled: true, addresses: [], port: 7576, announce: [], seeds: [], keyFile: '', maintenanceMaxHours: 24 },
      kubernetes: {
        enabled: true,
        apiServers: [],
        caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
        tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
        namespaceFile: '/var/run/secrets/kubernetes.io/serviceaccount/namespace',
        podNamespaces: ['kube-system'],
        keySecret: 'meerkat-cluster-key',
      },
      overlay: { listen: 'kubernetes', port: 7577 },
      rules: { file: '', builtIn: true },
      events: { enabled: true, days: 7, drop: ['DNSConfigForming'], maxMebibytes: 32 },
      signals: { secretFile: '', ttlMinutes: 15, mapping: [], liveness: [] },
      notifications: {
        clusterName: '',
        templates: {},
        receivers: [],
        groupWaitSeconds: 30,
        groupIntervalSeconds: 300,
        repeatHours: 4,
        rankDelaySeconds: 15,
        resolveDelaySeconds: 60,
      },
      store: expect.objectContaining({ maxMebibytes: 256, eventDays: 30 }),
      scenes: { enabled: true, namespaces: [], maxMebibytes: 64, days: 7 },
      runtime: { socket: '', probeSocket: '' },
      runner: { parallelism: 16 },
      checks: {
        'disk-space': {
          enabled: true,
          intervalSeconds: 15,
          timeoutSeconds: 2,
          minFreeRatio: 0.1,
          ignored: ['tmpfs'],
        },
        etcd: { enabled: true, intervalSeconds: 3, timeoutSeconds: 1, expected: false, password: '' },
        tcp: { enabled: true, intervalSeconds: 10, timeoutSeconds: 1, targets: [], labels: {} },
      },
    });
  });

  it.each([
    { uid: 0, env: { XDG_STATE_HOME: '/state' }, expected: '/var/lib/meerkat' },
    { uid: 1000, env: { XDG_STATE_HOME: '/state' }, expected: '/state/meerkat' },
    { uid: 1000, env: {}, expected: '/home/me/.local/state/meerkat' },
    // The XDG specification: relative paths are invalid and ignored.
    { uid: 1000, env: { XDG_STATE_HOME: 'state' }, expected: '/home/me/.local/state/meerkat' },
  ])('put the data of user $uid with $env into $expected', ({ uid, env, expected }) => {
    expect(load({ uid, env }).dataDirectory).toBe(expected);
  });

  it.each([
    [{ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }, ['https://10.96.0.1:443']],
    [{ KUBERNETES_SERVICE_HOST: 'fd00::1' }, ['https://[fd00::1]:443']],
    [{ KUBERNETES_SERVICE_HOST: '' }, []],
    [{ KUBERNETES_SERVICE_HOST: 'not a host' }, []],
    [{ KUBERNETES_SERVICE_HOST: '10.96.0.1', MEERKAT_KUBERNETES_API_SERVERS: 'https://m1:6443' }, ['https://m1:6443']],
  ])('find the Kubernetes API as a pod does: %j', (env, apiServers) => {
    expect(load({ env }).kubernetes.apiServers).toEqual(apiServers);
  });

  it('name the node as the kubelet would', () => {
    expect(load({ hostname: 'Node-A.Example.org\n' }).node.name).toBe('node-a.example.org');
    expect(load({ hostname: 'x', env: { MEERKAT_NODE_NAME: 'worker-3' } }).node.name).toBe('worker-3');
    expect(mistakesOf({ hostname: '' })).toEqual(['node.name: the host name "" is no node name; give one.']);
  });
});

describe('the result', () => {
  it('is frozen all the way down and plain', () => {
    const config = load();
    expect(Object.isFrozen(config.checks['disk-space']?.['ignored'])).toBe(true);
    expect(structuredClone(config)).toEqual(config);
  });

  it('shares nothing with the schema', () => {
    expect(load().checks['disk-space']?.['ignored']).not.toBe(load().checks['disk-space']?.['ignored']);
  });

  it('is printed without secrets', () => {
    const config = load({
      env: { MEERKAT_CHECKS_ETCD_PASSWORD: 'hunter2', MEERKAT_CHECKS_ETCD_ENDPOINT: 'https://root:hunter2@e:2379' },
    });
    const printed = redactConfig(config, CHECKS);
    expect(JSON.stringify(printed)).not.toContain('hunter2');
    expect(printed.checks['etcd']).toMatchObject({
      password: '[redacted]',
      endpoint: 'https://root:[redacted]@e:2379',
    });
    expect(redactConfig(load(), CHECKS)).toEqual(load());
  });
});

describe('sources', () => {
  const file = 'http:\n  port: 1\n  access: loopback\n';

  it('override each other: file, environment, flags', () => {
    expect(load({ file }).http).toMatchObject({ port: 1, access: 'loopback' });
    expect(load({ file, env: { MEERKAT_HTTP_PORT: '2' } }).http).toMatchObject({ port: 2, access: 'loopback' });
    expect(load({ file, env: { MEERKAT_HTTP_PORT: '2' }, args: ['--http.port=3'] }).http.port).toBe(3);
  });

  it('name the file by flag before variable', () => {
    const files = { '/a.yaml': 'http: { port: 1 }', '/b.yaml': 'http: { port: 2 }' };
    expect(load({ files, env: { MEERKAT_CONFIG: '/a.yaml' } }).http.port).toBe(1);
    expect(load({ files, env: { MEERKAT_CONFIG: '/a.yaml' }, args: ['--config', '/b.yaml'] }).http.port).toBe(2);
    expect(load({ files, env: { MEERKAT_CONFIG: '' } }).http.port).toBe(7575);
  });

  it('refuse a named file that is not there', () => {
    expect(mistakesOf({ args: ['--config=/c.yaml'] })).toEqual(['/c.yaml: cannot be read: ENOENT: no such file.']);
  });
});

it('names every mistake of every source at once', () => {
  const file = `
nodes: {}
node: { name: "a b" }
host: { root: data, proc: , sys: 5 }
dataDirectory: [x]
log: { level: warning }
port: 7576
http:
  address: localhost
  port: 70000
  access: token
  token-file: /etc/token
  hostNames: ["meerkat.example.org:7575", 7]
  tlsCertFile: /tls.crt
store: { maxMebibytes: 8.5 }
runner: 8
checks:
  disk-spce: { enabled: true }
  disk-space: { enabled: yes, minFreeRatio: 10, ignored: [a, a], timeoutSeconds: 15 }
  etcd: { password: averylongpasswordindeed, intervalSeconds: .nan }
  tcp:
    expected: true
    targets: [{ host: a, prot: 1 }, { host: "", port: 0 }]
    labels: { a: 1 }
`;
  const env = { MEERKAT_HTTP_PROT: '1', MEERKAT_STORE_EVENT_DAYS: 'thirty', MEERKAT_CHECKS_TCP_LABELS: 'x' };
  const args = ['--http.prot', '1', 'agent', '--runner.parallelism', '--log.level=', '--http.access=opn'];
  expect(mistakesOf({ file, env, args })).toMatchInlineSnapshot(`
    [
      "nodes (/etc/meerkat/config.yaml line 2): there is no such key. Did you mean node?",
      "port (/etc/meerkat/config.yaml line 7): there is no such key. Did you mean http.port?",
      "http.token-file (/etc/meerkat/config.yaml line 12): there is no such key. Did you mean tokenFile?",
      "runner (/etc/meerkat/config.yaml line 16): given 8, allowed: a mapping of parallelism.",
      "checks.disk-spce (/etc/meerkat/config.yaml line 18): there is no such key. Did you mean disk-space?",
      "checks.tcp.expected (/etc/meerkat/config.yaml line 22): there is no such key. Allowed: enabled, intervalSeconds, timeoutSeconds, targets, labels.",
      "MEERKAT_HTTP_PROT (environment): no setting has this name. Did you mean MEERKAT_HTTP_PORT?",
      "--http.prot (command line): there is no such flag. Did you mean --http.port?",
      ""agent" (command line): is no flag; flags begin with \`--\`.",
      "--runner.parallelism (command line): needs a value.",
      "node.name (/etc/meerkat/config.yaml line 3): given "a b", allowed: a node name: letters, digits, \`-\`, \`.\` and \`_\`, at most 253.",
      "host.root (/etc/meerkat/config.yaml line 4): given "data", allowed: an absolute path.",
      "host.proc (/etc/meerkat/config.yaml line 4): given nothing, allowed: an absolute path.",
      "host.sys (/etc/meerkat/config.yaml line 4): given 5, allowed: an absolute path.",
      "dataDirectory (/etc/meerkat/config.yaml line 5): given ["x"], allowed: an absolute path, or nothing.",
      "log.level (/etc/meerkat/config.yaml line 6): given "warning", allowed: debug, info, warn or error. Did you mean warn?",
      "--log.level (command line): given "", allowed: debug, info, warn or error.",
      "http.port (/etc/meerkat/config.yaml line 10): given 70000, allowed: an integer from 0 to 65535.",
      "--http.access (command line): given "opn", allowed: open, token or loopback. Did you mean open?",
      "http.hostNames[0] (/etc/meerkat/config.yaml line 13): given "meerkat.example.org:7575", allowed: a host name without a port.",
      "http.hostNames[1] (/etc/meerkat/config.yaml line 13): given 7, allowed: a host name without a port.",
      "store.maxMebibytes (/etc/meerkat/config.yaml line 15): given 8.5, allowed: an integer from 16 to 65536.",
      "MEERKAT_STORE_EVENT_DAYS (environment): given "thirty", allowed: an integer from 1 to 3650.",
      "checks.disk-space.enabled (/etc/meerkat/config.yaml line 19): given "yes", allowed: true or false.",
      "checks.disk-space.minFreeRatio (/etc/meerkat/config.yaml line 19): given 10, allowed: a number from 0 to 1.",
      "checks.disk-space.ignored (/etc/meerkat/config.yaml line 19): given ["a","a"], allowed: a list (no two the same), each a text.",
      "checks.etcd.intervalSeconds (/etc/meerkat/config.yaml line 20): given NaN, allowed: a number from 1 to 86400.",
      "checks.etcd.password (/etc/meerkat/config.yaml line 20): given a secret, allowed: a text of at most 20 characters.",
      "checks.tcp.targets[0].prot (/etc/meerkat/config.yaml line 23): there is no such key. Did you mean port?",
      "checks.tcp.targets[0].port (/etc/meerkat/config.yaml line 23): is missing; give an integer from 1 to 65535.",
      "checks.tcp.targets[1].host (/etc/meerkat/config.yaml line 23): given "", allowed: a text that is not empty.",
      "checks.tcp.targets[1].port (/etc/meerkat/config.yaml line 23): given 0, allowed: an integer from 1 to 65535.",
      "checks.tcp.labels (/etc/meerkat/config.yaml line 24): given {"a":1}, allowed: a mapping with free names, each value a text.",
      "MEERKAT_CHECKS_TCP_LABELS (environment): given "x", allowed: a mapping with free names, each value a text.",
      "http.address (/etc/meerkat/config.yaml line 9): given "localhost", allowed: an IPv4 or IPv6 address, or nothing for every address.",
      "http.tlsKeyFile (/etc/meerkat/config.yaml line 14): is missing, but http.tlsCertFile is given; give both or neither.",
      "checks.disk-space.timeoutSeconds (/etc/meerkat/config.yaml line 19): is 15, but must be less than checks.disk-space.intervalSeconds, which is 15; a run has to end before the next begins.",
    ]
  `);
});

it.each([
  ['a timeout that is not less than the interval', { file: 'checks: { etcd: { timeoutSeconds: 3 } }' }],
  ['an interval below the default timeout', { env: { MEERKAT_CHECKS_DISK_SPACE_INTERVAL_SECONDS: '1' } }],
  ['access by token without a token', { args: ['--http.access=token'] }],
  ['a certificate without its key', { file: 'http: { tlsCertFile: /a }' }],
  ['a key without its certificate', { file: 'http: { tlsKeyFile: /a }' }],
  ['a data directory of the kernel', { file: 'dataDirectory: /proc/meerkat' }],
  ['an address that nobody on this machine comes from', { file: 'http: { access: loopback, address: 10.0.0.1 }' }],
  ['a host name as address', { file: 'http: { address: localhost }' }],
])('refuses %s', (_, sources) => {
  const mistakes = mistakesOf(sources);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatchSnapshot();
});

it('accepts what only looks unusual', () => {
  for (const address of ['127.0.0.2', '::1', '::', '0.0.0.0']) {
    expect(load({ args: ['--http.access=loopback', `--http.address=${address}`] }).http.address).toBe(address);
  }
  expect(load({ file: 'http: { address: "::1", port: 0 }' }).http).toMatchObject({ address: '::1', port: 0 });
  const targets = '[{ host: a, port: 1 }]';
  expect(load({ file: `checks: { tcp: { targets: ${targets}, labels: { a: b } } }` }).checks['tcp']).toMatchObject({
    targets: [{ host: 'a', port: 1, timeoutMs: 500 }],
    labels: { a: 'b' },
  });
});

it('takes settings of a check that is off for a mistake, unless it is told to stay off', () => {
  const checks = CHECKS.map((check) => ({ ...check, isOffByDefault: check.id === 'tcp' }));
  const isOn = (file: string) => load({ file }, checks).checks['tcp']?.enabled;
  const targets = 'targets: [{ host: a, port: 1 }]';

  expect(isOn('checks: { etcd: { endpoint: a } }')).toBe(false);
  expect(isOn(`checks: { tcp: { enabled: true, ${targets} } }`)).toBe(true);
  expect(isOn(`checks: { tcp: { enabled: false, ${targets} } }`)).toBe(false);
  expect(mistakesOf({ file: `checks: { tcp: { ${targets} } }` }, checks)).toEqual([
    'checks.tcp.targets (/etc/meerkat/config.yaml line 1): is given, but the check is off: set checks.tcp.enabled to true, or to false to leave it off.',
  ]);
});

it('checks the names of units, settings of the kernel and modules', () => {
  const given = (settings: string) => ({ file: `checks: { ${settings} }` });
  const right = `system-settings: { enabled: true, sysctls: { net.ipv4.ip_forward: 1, vm.max_map_count: ">=5" }, modules: [br_netfilter] }, systemd: { enabled: true, units: [a@b.service] }`;
  expect(load(given(right), ALL_CHECKS).checks['system-settings']?.['sysctls']).toEqual({
    'net.ipv4.ip_forward': 1,
    'vm.max_map_count': '>=5',
  });
  for (const wrong of [
    'systemd: { enabled: true, units: [getty@.service] }',
    'system-settings: { enabled: true, modules: [../x] }',
    'system-settings: { enabled: true, sysctls: { /etc/passwd: 1 } }',
    'system-settings: { enabled: true, sysctls: { kernel.panic: [1] } }',
  ])
    expect(mistakesOf(given(wrong), ALL_CHECKS), wrong).toHaveLength(1);
  expect(mistakesOf(given('system-settings: { enabled: true, sysctls: { ip_forward: 1 } }'), ALL_CHECKS)).toEqual([
    'checks.system-settings.sysctls (/etc/meerkat/config.yaml line 1): given {"ip_forward":1}, allowed: names as sysctl has them, each with its value, or the least one: {vm.max_map_count: ">=262144"}.',
  ]);
});
