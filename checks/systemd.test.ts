import { describe, expect, it } from 'vitest';
import { parseUnit } from './lib/systemd/unit-file.ts';
import { SERVICE_NAME, templateOf, usualCgroup } from './lib/systemd/unit-name.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import { systemd } from './systemd.ts';

const UNIT = 'containerd.service';
const LINK = `/run/systemd/units/invocation:${UNIT}`;
const FILE = `/usr/lib/systemd/system/${UNIT}`;
const GROUP = `/sys/fs/cgroup/system.slice/${UNIT}`;
const SIMPLE = '[Unit]\nDescription=x\n[Service]\nType=notify\nExecStart=/usr/bin/containerd\n';
const ONESHOT = '[Service]\nType=oneshot\nExecStart=/bin/true\n';

/** A machine that systemd runs, with other units, on which the unit runs. */
const machine = (): Record<string, FakeFile> => ({
  '/run/systemd/system/': '',
  '/run/systemd/units/invocation:ssh.service': '',
  '/run/systemd/units/log-level-max:dbus.service': '',
  '/usr/lib/systemd/system/ssh.service': '',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n',
  '/sys/fs/cgroup/system.slice/ssh.service/cgroup.events': 'populated 1\nfrozen 0\n',
  [LINK]: '',
  [FILE]: SIMPLE,
  [`${GROUP}/cgroup.events`]: 'populated 1\nfrozen 0\n',
});
function setUp(units: readonly string[] = [UNIT], files = machine()) {
  const clock = testClock();
  const context = testContext(systemd, { clock, host: fakeHostFiles(files), config: { units: [...units] } });
  return {
    files,
    look: (afterMs = 0) => {
      clock.advance(afterMs);
      return systemd.run(context);
    },
    remove: (...paths: readonly string[]) => {
      for (const path of Object.keys(files)) if (paths.some((start) => path.startsWith(start))) delete files[path];
    },
  };
}
const counts = (running: number, over = 0, missing = 0) => [
  { name: 'running_count', value: running },
  { name: 'over_count', value: over },
  { name: 'missing_count', value: missing },
];
const OK = { status: 'ok', readings: counts(1) };
const problem = (message: string, subject = UNIT) => ({
  status: 'problem',
  problems: [{ reason: 'UnitNotRunning', subject, message }],
});

describe('systemd', () => {
  it('is off by default, and absent where no unit is named', async () => {
    expect(systemd.isOffByDefault).toBe(true);
    expect(await setUp([]).look()).toMatchObject({ status: 'absent' });
  });

  it('is ok with units that run', async () => {
    expect(await setUp([UNIT, 'ssh.service', UNIT]).look()).toEqual({ status: 'ok', readings: counts(2) });
  });

  it('is UnitNotRunning for one that was stopped half a minute ago, and not while it is restarted', async () => {
    const { look, remove, files } = setUp();
    expect(await look()).toEqual(OK);
    const running = { ...files };
    remove(LINK, GROUP);
    expect(await look()).toMatchObject({ status: 'ok' });
    expect(await look(29_000)).toMatchObject({ status: 'ok' });
    Object.assign(files, running);
    expect(await look(1000)).toEqual(OK);
    remove(LINK, GROUP);
    expect(await look()).toMatchObject({ status: 'ok' });
    expect(await look(30_000)).toMatchObject(
      problem(`${UNIT} does not run: it was stopped, has failed, or was never started.`),
    );
    Object.assign(files, running);
    expect(await look()).toEqual(OK);
  });

  it('is UnitNotRunning for one whose containers live on: their processes are its own', async () => {
    const { look, remove } = setUp();
    remove(LINK);
    await look();
    expect(await look(30_000)).toMatchObject(
      problem(`${UNIT} does not run: it was stopped or has failed, and has left processes behind.`),
    );
  });

  it('is UnitNotRunning for one that was started a minute ago and has no process', async () => {
    const { look, remove } = setUp();
    remove(GROUP);
    await look();
    expect(await look(59_000)).toMatchObject({ status: 'ok' });
    expect(await look(1000)).toMatchObject(
      problem(`${UNIT} was started and has no process: it hangs before, or ends again and again.`),
    );
  });

  it('names each of several, and what runs is counted', async () => {
    const { look, remove } = setUp([UNIT, 'ssh.service', 'nowhere.service']);
    remove(LINK, GROUP);
    await look();
    expect(await look(30_000)).toMatchObject({
      status: 'problem',
      problems: [{ subject: UNIT }],
      readings: counts(1, 0, 1),
    });
  });

  it('is unknown for a name that is an alias', async () => {
    const alias = '[Install]\nWantedBy=multi-user.target\nAlias=sshd.service foo.service\n';
    const { look } = setUp(['sshd.service'], { ...machine(), '/etc/systemd/system/sshd.service': alias });
    await look();
    expect(await look(90_000)).toMatchObject({
      status: 'unknown',
      why: 'could not tell: sshd.service is an alias: name the unit itself',
    });
  });

  describe('of what is not here, or is over', () => {
    const SETUP = 'setup.service';
    const SETUP_LINK = `/run/systemd/units/invocation:${SETUP}`;
    const withSetUp = (): Record<string, FakeFile> => ({
      ...machine(),
      [`/usr/lib/systemd/system/${SETUP}`]: ONESHOT,
      [SETUP_LINK]: '',
    });

    it.each([
      [['docker.service'], 'there is no unit docker.service on this node'],
      [[SETUP], 'setup.service is over (oneshot), well or not'],
      [
        ['docker.service', SETUP, 'nowhere.service'],
        'there is no unit docker.service and nowhere.service on this node; setup.service is over (oneshot), well or not',
      ],
    ])('says only that: %s', async (units, why) => {
      const { look, remove } = setUp(units, withSetUp());
      remove(SETUP_LINK);
      await look();
      expect(await look(90_000)).toEqual({ status: 'absent', why });
    });

    it('does not become blind once a oneshot that ran is over, nor well by it', async () => {
      const { look, remove } = setUp([SETUP], withSetUp());
      expect(await look()).toEqual(OK);
      remove(SETUP_LINK);
      expect(await look(15_000)).toMatchObject({ status: 'absent' });
    });

    it('counts it beside others, which it does not hide', async () => {
      const { look, remove } = setUp([UNIT, SETUP, 'docker.service'], withSetUp());
      remove(SETUP_LINK);
      expect(await look()).toEqual({ status: 'ok', readings: counts(1, 1, 1) });
      remove(LINK, GROUP);
      await look();
      expect(await look(30_000)).toMatchObject({ status: 'problem', problems: [{ subject: UNIT }] });
    });

    it('takes a service that was removed for one that does not belong here', async () => {
      const { look, remove } = setUp([UNIT, 'ssh.service']);
      await look();
      remove(LINK, GROUP, FILE);
      await look();
      expect(await look(30_000)).toEqual({ status: 'ok', readings: counts(1, 0, 1) });
    });
  });

  it('is ok for a oneshot that stays active without a process', async () => {
    const files = machine();
    files[FILE] = `${ONESHOT}RemainAfterExit=yes\n`;
    const { look, remove } = setUp([UNIT], files);
    remove(GROUP);
    await look();
    expect(await look(90_000)).toEqual(OK);
  });

  it('finds units in slices of their own, and instances of templates', async () => {
    const units = ['kubelet.service', 'my-vpn@a-b.service', 'deep.service'];
    const files = machine();
    for (const unit of units) files[`/run/systemd/units/invocation:${unit}`] = '';
    files['/sys/fs/cgroup/podruntime.slice/kubelet.service/cgroup.events'] = 'populated 1\n';
    files['/sys/fs/cgroup/system.slice/system-my\\x2dvpn.slice/my-vpn@a-b.service/cgroup.events'] = 'populated 1\n';
    files['/sys/fs/cgroup/a.slice/a-b.slice/deep.service/cgroup.events'] = 'populated 0\n';
    files['/usr/lib/systemd/system/deep.service'] = SIMPLE;
    const { look } = setUp(units, files);
    await look();
    expect(await look(60_000)).toMatchObject(
      problem('deep.service was started and has no process: it hangs before, or ends again and again.', 'deep.service'),
    );
  });

  it('does not go through the control groups of pods, nor through any number of slices', async () => {
    const files = machine();
    delete files[`${GROUP}/cgroup.events`];
    files[`/sys/fs/cgroup/kubepods.slice/${UNIT}/cgroup.events`] = 'populated 1\n';
    const { look } = setUp([UNIT], files);
    await look();
    expect(await look(60_000)).toMatchObject({ status: 'problem' });
    for (let index = 0; index < 300; index += 1) files[`/sys/fs/cgroup/x${index}.slice/cgroup.events`] = '';
    expect(await look()).toEqual(OK);
  });

  it('goes by the older hierarchies, too, and by counts rather than lists, which a container sees none of', async () => {
    const files = machine();
    delete files['/sys/fs/cgroup/cgroup.controllers'];
    delete files[`${GROUP}/cgroup.events`];
    delete files['/sys/fs/cgroup/system.slice/ssh.service/cgroup.events'];
    files[`/sys/fs/cgroup/systemd/system.slice/${UNIT}/cgroup.procs`] = '';
    files[`/sys/fs/cgroup/pids/system.slice/${UNIT}/pids.current`] = '12\n';
    const { look, remove } = setUp([UNIT], files);
    expect(await look()).toEqual(OK);
    files[`/sys/fs/cgroup/pids/system.slice/${UNIT}/pids.current`] = '0\n';
    await look();
    expect(await look(60_000)).toMatchObject({ status: 'problem' });
    remove('/sys/fs/cgroup/pids');
    expect(await look()).toEqual(OK);
  });

  it('goes by processes alone where systemd keeps no links', async () => {
    const { look, remove } = setUp();
    remove('/run/systemd/units');
    expect(await look()).toEqual(OK);
    remove(GROUP);
    await look();
    expect(await look(30_000)).toMatchObject({ status: 'problem' });
    remove('/sys/fs/cgroup');
    expect(await look()).toMatchObject({
      status: 'unknown',
      why: `could not tell: whether ${UNIT} runs is not to be seen from here`,
    });
  });

  it.each<[string, string, FakeFile | undefined, string]>([
    ['systemd does not run', '/run/systemd/system/', undefined, 'there is no /run/systemd/system'],
    ['its links may not be read', '/run/systemd/units', { error: 'EACCES' }, 'may not read /run/systemd/units'],
    ['the unit’s file may not be read', FILE, { error: 'EACCES' }, `may not read what there is of ${UNIT}`],
    ['the disk does not answer', FILE, { error: 'EIO' }, 'cannot be read'],
  ])('is unknown where %s', async (_, path, file, why) => {
    const { files, look, remove } = setUp();
    remove(LINK, GROUP, path);
    if (path === '/run/systemd/units') remove(path);
    if (file !== undefined) files[path] = file;
    await look();
    expect(await look(90_000)).toMatchObject({ status: 'unknown', why: expect.stringContaining(why) });
  });

  it('is unknown where the files of units are not mounted', async () => {
    const { look, remove } = setUp();
    remove(LINK, GROUP, '/usr/lib/systemd');
    await look();
    expect(await look(90_000)).toMatchObject({ status: 'unknown', why: expect.stringContaining('not to be seen') });
  });

  it('takes garbage in a unit’s file for a service that should run', async () => {
    const { files, look, remove } = setUp();
    remove(LINK, GROUP);
    files[FILE] = '<html>\u0000'.repeat(10_000);
    await look();
    expect(await look(30_000)).toMatchObject({ status: 'problem' });
  });
});

describe('a unit’s name', () => {
  it.each([
    ['a.service', true],
    ['wg-quick@wg0.service', true],
    ['systemd-fsck@dev-disk-by\\x2duuid.service', true],
    ['getty@.service', false],
    ['containerd', false],
    ['a.timer', false],
    ['../a.service', false],
    ['a b.service', false],
  ])('%s: %s', (name, isRight) => {
    expect(new RegExp(SERVICE_NAME).test(name)).toBe(isRight);
  });

  it('tells its slice and its template', () => {
    expect(usualCgroup('a.service')).toBe('system.slice/a.service');
    expect(usualCgroup('getty@tty1.service')).toBe('system.slice/system-getty.slice/getty@tty1.service');
    expect(usualCgroup('wg-quick@wg0.service')).toBe('system.slice/system-wg\\x2dquick.slice/wg-quick@wg0.service');
    expect(templateOf('getty@tty1.service')).toBe('getty@.service');
    expect(templateOf('a.service')).toBeUndefined();
  });
});

it('a unit’s file is read as systemd reads it: the last one counts', () => {
  expect(parseUnit('Type=oneshot\nType=simple\n', 'a.service')).toEqual({ isOneshot: false, isAlias: false });
  expect(parseUnit(' Type = oneshot \r\n', 'a.service').isOneshot).toBe(true);
  expect(parseUnit('#Type=oneshot\nRemainAfterExit=no', 'a.service').isOneshot).toBe(false);
  expect(parseUnit('RemainAfterExit=true', 'a.service').isOneshot).toBe(true);
  expect(parseUnit('Alias=b.service a.service', 'a.service').isAlias).toBe(true);
});
