import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TOKEN, startEmulator, type Emulator } from 'proxmox-emulator';
import { command, describeWith } from '../support/requirements';
import { PLANNER_FOLDER } from '../support/shell';
import { type Outcome, runCommand } from '../support/workspace';

jest.setTimeout(60_000);

const TOOLS = [
  'awk',
  'cat',
  'cut',
  'find',
  'grep',
  'mktemp',
  'readlink',
  'rm',
  'sed',
  'sh',
  'tail',
  'tr',
  'uname',
  'wc',
];

const SETTINGS = {
  MODE: 'plan',
  STACK: 'app-a-dev',
  OWNER: 'owner-0123456789ab',
  VMID: '301',
  ADDRESS: '10.0.10.31',
};

describeWith([command('curl')], 'the preflight script', () => {
  let emulator: Emulator;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
    emulator = await startEmulator({ taskMs: 1, certFile: path.join(folder, 'ca.pem') });
  });

  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A folder that holds these tools and nothing else. */
  function toolbox(tools: readonly string[]): string {
    const box = mkdtempSync(path.join(folder, 'bin-'));
    for (const tool of tools) {
      const found = ['/usr/bin', '/bin', '/usr/local/bin']
        .map((at) => path.join(at, tool))
        .find((file) => existsSync(file));
      if (found) symlinkSync(found, path.join(box, tool));
    }
    return box;
  }

  function preflight(env: NodeJS.ProcessEnv): Promise<Outcome> {
    const settings = {
      ...SETTINGS,
      ENDPOINT: emulator.url,
      CA_FILE: path.join(folder, 'ca.pem'),
      TMPDIR: folder,
    };
    return runCommand('/bin/sh', [path.join(PLANNER_FOLDER, 'preflight.sh')], {
      cwd: folder,
      env: { PATH: toolbox([...TOOLS, 'curl']), PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN, ...settings, ...env },
    });
  }

  test('says that ping is missing, and goes on', async () => {
    expect(await preflight({})).toEqual({
      code: 0,
      output:
        '{"ok":"yes","message":"VMID 301 and 10.0.10.31 are free or ours. ping is not installed here, so hosts outside of Proxmox were not asked."}\n',
    });
  });

  test('refuses without curl', async () => {
    const without = { PATH: toolbox(TOOLS) };
    expect(await preflight(without)).toEqual({
      code: 0,
      output:
        '{"ok":"no","message":"curl is not installed here, so nobody can tell whether VMID 301 and 10.0.10.31 are free. Install curl (7.66 or later)."}\n',
    });
    expect((await preflight({ ...without, MODE: 'apply' })).code).toBe(1);
  });

  test.each([
    [
      'a wrong token',
      { PROXMOX_VE_API_TOKEN: 'root@pam!emulator=99999999-0000-0000-0000-000000000000' },
      /does not list the guests \(HTTP 401\)\. The token or the password is wrong, expired or revoked\./,
    ],
    [
      'a wrong password',
      { PROXMOX_VE_API_TOKEN: '', PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: 'wr"on\\g' },
      /refuses the user root@pam \(HTTP 401\)/,
    ],
    ['a server that is not there', { ENDPOINT: 'https://127.0.0.1:9' }, /does not answer: curl: \(7\)/],
    ['a certificate that is not trusted', { CA_FILE: '/etc/hostname' }, /does not answer: curl:/],
  ])('refuses with %s, names the reason and no secret', async (_what, env, reason) => {
    const outcome = await preflight(env);
    expect(outcome.output).toMatch(/^\{"ok":"no",/);
    expect(outcome.output).toMatch(reason);
    expect(outcome.output).not.toContain('99999999');
    const applied = await preflight({ ...env, MODE: 'apply' });
    expect([applied.code, applied.output]).toEqual([1, expect.stringMatching(reason)]);
  });

  test.each([
    [
      'a list that fails',
      { kind: 'error', path: '/cluster/resources', reason: 'no quorum' },
      'does not list the guests (HTTP 500). It says: no quorum. Try again; if it stays, look after the cluster.',
    ],
    [
      'a guest list that may not be read',
      { kind: 'error', path: '/cluster/resources', status: 403 },
      'does not list the guests (HTTP 403). Give the token VM.Audit there.',
    ],
    [
      'a VMID that cannot be asked',
      { kind: 'error', path: '/cluster/nextid', status: 596, reason: 'Connection timed out' },
      'does not tell whether VMID 301 is free (HTTP 596). It says: Connection timed out. Try again',
    ],
    [
      'a token that expires on the way',
      { kind: 'unauthorized', skip: 3 },
      'the configuration of the guest lxc.400.pve cannot be read (HTTP 401), so 10.0.10.31 may be in use. The token',
    ],
    [
      'a connection that breaks off',
      { kind: 'drop', path: '/nodes/*/lxc/400/config' },
      'the configurations of the guests cannot be read: curl: (52) Empty reply from server. Try again.',
    ],
  ] as const)('refuses with %s, and says what to do', async (_what, fault, message) => {
    emulator.addGuest({ vmid: 400, type: 'lxc', node: 'pve', running: false });
    emulator.faults.add(fault);
    const outcome = await preflight({});
    emulator.faults.remove();
    emulator.removeGuest(400);
    expect(outcome.output).toMatch(/^\{"ok":"no",/);
    expect(outcome.output).toContain(message);
  });

  test.each([
    ['nobody', { role: 'NoAccess' }],
    ['one guest', { role: 'PVEAdmin', vmids: [400] }],
  ] as const)('refuses with a token that sees %s, with the line that grants it', async (_whom, grant) => {
    emulator.addGuest({ vmid: 400, type: 'lxc', node: 'pve', running: false });
    const secret = '00000000-0000-0000-0000-00000000000b';
    emulator.auth.setToken({ id: 'blind@pve!ci', secret, grant });
    const blind = { PROXMOX_VE_API_TOKEN: `blind@pve!ci=${secret}` };
    const said =
      'these credentials do not see the guests of the cluster: they lack VM.Audit on /vms, so 10.0.10.31 may be in use. ' +
      'On a Proxmox node, as root: pveum acl modify /vms --roles PVEAuditor --users blind@pve and, where the token was made ' +
      "with --privsep 1, also pveum acl modify /vms --roles PVEAuditor --tokens 'blind@pve!ci'";
    expect(await preflight(blind)).toEqual({ code: 0, output: `{"ok":"no","message":"${said}"}\n` });
    expect(await preflight({ ...blind, MODE: 'apply' })).toEqual({ code: 1, output: `${said}\n` });
    const overridden = await preflight({ ...blind, ALLOW_IP_CONFLICTS: 'true' });
    expect(overridden.output).toContain('the address was not checked (allow_ip_conflicts)');
    emulator.removeGuest(400);
  });

  const GUESTS = '{"total":1,"data":[{"type":"lxc","vmid":400,"node":"pve","name":"a"}]}';
  const AUDITOR = '{"data":{"/vms":{"VM.Audit":1}}}';
  test.each([
    ['everything', {}, 'cluster/resources came as: '],
    ['the VMID', { resources: GUESTS }, 'cluster/nextid came as: '],
    ['another VMID', { resources: GUESTS, nextid: '{"data":"100"}' }, 'cluster/nextid came as: data:100.'],
    ['the rights', { resources: GUESTS, nextid: '{"data":"301"}' }, 'access/permissions came as: '],
    [
      'a configuration',
      { resources: GUESTS, nextid: '{"data":"301"}', permissions: AUDITOR },
      'the configuration of the guest lxc.400.pve came as: ',
    ],
    [
      'a right that does not reach the guests',
      { resources: GUESTS, nextid: '{"data":"301"}', permissions: '{"data":{"/vms":{"VM.Audit":0}}}' },
      'they lack VM.Audit on /vms',
    ],
  ])('refuses where a proxy answers 200 with %s', async (_what, answers: Record<string, string>, reason) => {
    const server = createServer(({ url }, response) => {
      const [, name = ''] = /\/(\w+)(?:\?|$)/.exec(url ?? '') ?? [];
      response.end(answers[name] ?? '<html><body>Please <b>log in</b></body></html>\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { output } = await preflight({ ENDPOINT: `http://127.0.0.1:${port}` });
    server.close();
    expect(output).toMatch(/^\{"ok":"no",/);
    expect(output).toContain(reason);
  });

  test('a name full of mischief arrives harmless', async () => {
    emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'x"}$(id)`id`\u001b[31m' },
    });
    const { output } = await preflight({});
    expect(() => JSON.parse(output) as unknown).not.toThrow();
    expect(output).toMatch(/^[\x20-\x7e]+\n$/);
    emulator.removeGuest(301);
  });

  const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith('pvestack-'));

  test('leaves nothing behind', async () => {
    await preflight({});
    await preflight({ ENDPOINT: 'https://127.0.0.1:9' });
    expect(left()).toEqual([]);
  });

  test.each([
    ['a token', 'api2/json/cluster', {}, DEFAULT_TOKEN.split('=')[1]],
    [
      'a password',
      'api2/json/access',
      { PROXMOX_VE_API_TOKEN: '', PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: 'not-a-password' },
      'not-a-password',
    ],
    [
      'a ticket',
      'api2/json/cluster',
      { PROXMOX_VE_API_TOKEN: '', PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: 'not-a-password' },
      'PVE:not-a-ticket',
    ],
  ])('is killed with %s in its hand: no file has it, and the next one removes the rest', async (...of) => {
    const [, at, env, secret = ''] = of;
    // Answers the login, and nothing else.
    const asked = new Set<string>();
    const server = createServer(({ url = '' }, response) => {
      if (url.includes(at)) asked.add(url);
      else response.end('{"data":{"ticket":"PVE:not-a-ticket"}}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = spawn('/bin/sh', [path.join(PLANNER_FOLDER, 'preflight.sh')], {
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...SETTINGS,
        PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
        TMPDIR: folder,
        ENDPOINT: `http://127.0.0.1:${port}`,
        ...env,
      },
    });
    await once(server, 'request');
    while (asked.size === 0) await sleep(20);
    process.kill(-(child.pid ?? NaN), 'SIGKILL');
    await once(child, 'exit');
    server.closeAllConnections();
    server.close();
    expect(left()).toHaveLength(1);
    expect(spawnSync('grep', ['-rF', secret, path.join(folder, left()[0] ?? '')]).status).toBe(1);
    await preflight({});
    expect(left()).toEqual([]);
  });
});
