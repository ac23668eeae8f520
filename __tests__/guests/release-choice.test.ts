import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP, AppRepository, BAKED_13, git, serve, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped, type Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.42';
const BACKEND = `http://${ADDRESS}:3001/`;
const FRONTEND = `http://${ADDRESS}:3000/`;

describeWith(
  [realGuests, providers, git, command('curl')],
  'which commit runs on a guest of Debian 13',
  () => {
    const lab = useRealLab({ lab: BAKED_13 });
    const repository = new AppRepository();
    const commits: Record<string, string> = { one: repository.git('rev-parse', 'HEAD') };
    const commit = (
      name: string,
      files: Record<string, string | undefined> = { 'backend/version': name },
    ): string => (commits[name] = repository.commit(name, files));
    const stops: (() => void)[] = [];

    const synth = ({ branch = 'dev', repo = 'git://10.0.10.1/app', more = '' } = {}): void => {
      lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
guest: {protection: false, lxc_ostemplate: "local:vztmpl/debian-13-baked_1_amd64.tar.zst"}
app_projects:
  shop:
    repo: ${repo}
    health_timeout: 8
    env_vars: {TITLE: Shop}
${more}
    envs:
      dev: {name: shop-dev, vmid: 342, ip: ${ADDRESS}/24, gateway: 10.0.10.1, branch: ${branch}}
`);
    };
    const guest = (script: string): Promise<Outcome> => lab.ssh(ADDRESS, script);
    const get = async (url: string): Promise<string> =>
      (await lab.exec('curl', ['-s', '-m', '3', url])).output;
    const apply = async (...args: string[]): Promise<string> => {
      const { code, output } = await lab.workspace.apply(STACK, ...args);
      expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      return output;
    };
    const nothingToDo = async (...args: string[]): Promise<string> => {
      const { code, output } = await lab.workspace.plan(STACK, ...args);
      expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
      return unwrapped(output);
    };
    const applyAgain = async (): Promise<void> => {
      await apply();
      await nothingToDo();
    };
    /** What the plan says of the commit, and of nothing else. */
    const planned = async (...args: string[]): Promise<string | undefined> => {
      const { code, output } = await lab.workspace.plan(STACK, ...args);
      expect([code, output]).toEqual([
        2,
        expect.stringContaining('Plan: 1 to add, 0 to change, 1 to destroy.'),
      ]);
      return /"commit" += (.*)/.exec(output)?.[1]?.replaceAll(/, seen 20\d\d-[^" ]+Z/g, '');
    };

    beforeAll(async () => {
      lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
      stops.push(await serveGit(lab, repository));
    });
    afterAll(() => {
      stops.forEach((stop) => {
        stop();
      });
      repository.remove();
    });

    test('where there is no guest yet the plan says that nobody looked at the branch', async () => {
      synth();
      const { code, output } = await lab.workspace.plan(STACK);
      expect([code, output]).toEqual([2, expect.stringMatching(/\+ "commit" += "dev, not looked at"/)]);
      // All files of a guest that does not exist yet are to be read in its plan.
      expect(output).toMatch(/^ +ExecStart=/m);
      expect(output).toMatch(/^ +allow 3001\/tcp$/m);
      await apply();
      commit('two');
      await apply();
      commit('three');
      await apply();
      expect(await get(BACKEND)).toBe('three');
    });

    test('--rollback holds, and says so in the plan; a layer that runs again leaves it; --unhold ends it', async () => {
      const rollback = await guest('deploy_app.sh --rollback');
      expect([rollback.code, rollback.output]).toEqual([
        0,
        expect.stringMatching(/^held {5}at \w{7}: deploys leave/m),
      ]);
      expect(await get(BACKEND)).toBe('two');
      const held = `held at ${commits['two']} by hand (deploy_app.sh --rollback), although the branch is at ${commits['three']}`;
      expect((await nothingToDo()).replaceAll(' ', '')).toContain(held.replaceAll(' ', ''));
      expect(await apply('-replace=null_resource.release')).toMatch(
        /held {5}at \w{7} by hand, so \w{7} is not deployed/,
      );
      expect(await get(BACKEND)).toBe('two');
      expect((await guest('deploy_app.sh --list')).output).toMatch(/\* .* two\n.* one\nheld {5}by hand/);
      expect((await guest('deploy_app.sh --unhold')).code).toBe(0);
      expect(await planned()).toBe(
        `"${commits['three']}" -> "${commits['three']} (after ${commits['two']})"`,
      );
      await apply();
      expect(await get(BACKEND)).toBe('three');
      await nothingToDo();
    });

    test('a new commit ends a hold; one that was rolled back from is nothing to go back to', async () => {
      expect((await guest('deploy_app.sh --rollback')).code).toBe(0);
      expect(await get(BACKEND)).toBe('two');
      commit('four');
      expect(await planned()).toContain(`-> "${commits['four']}`);
      await apply();
      expect(await get(BACKEND)).toBe('four');
      const back = await guest('deploy_app.sh --rollback');
      expect([back.code, await get(BACKEND)]).toEqual([0, 'two']);
    });

    test('the variable release: a commit ends the hold, a tag, a short commit; empty again follows the branch', async () => {
      repository.git('tag', '-a', '-m', 'first', 'v1', commits['one'] ?? '');
      expect(await planned(`-var=release=${commits['three']}`)).toContain(`-> "${commits['three']}`);
      await apply(`-var=release=${commits['three']}`);
      expect(await get(BACKEND)).toBe('three');
      await nothingToDo(`-var=release=${commits['three']}`);
      expect(await planned('-var=release=v1')).toBe(
        `"${commits['three']} (after ${commits['two']})" -> "${commits['one']} (v1)"`,
      );
      await apply('-var=release=v1');
      expect(await get(BACKEND)).toBe('one');
      await nothingToDo('-var=release=v1');
      await nothingToDo(`-var=release=${commits['one']?.slice(0, 10)}`);
      expect(await planned()).toContain(`-> "${commits['four']}"`);
      await apply();
      expect(await get(BACKEND)).toBe('four');
    });

    test('a release that there is none of, and one that is none', async () => {
      const bad = await lab.workspace.plan(STACK, `-var=release=x'; touch /pwned; '"$(touch /pwned)`);
      expect([bad.code, unwrapped(bad.output)]).toEqual([
        1,
        expect.stringContaining('release is no commit or tag'),
      ]);
      const unknown = await lab.workspace.plan(STACK, '-var=release=v9');
      expect([unknown.code, unwrapped(unknown.output)]).toEqual([
        2,
        expect.stringContaining(
          'v9 could not be looked up on the guest: deploy_app.sh: the repository has no commit, tag or branch v9',
        ),
      ]);
      const failed = await lab.workspace.apply(STACK, '-var=release=v9');
      expect([failed.code, failed.output]).toEqual([
        1,
        expect.stringContaining('the repository has no commit, tag or branch v9. '),
      ]);
      expect(await get(BACKEND)).toBe('four');
      await applyAgain();
    });
    test('without a look at the guest nothing is deployed that nobody asked for', async () => {
      commit('five');
      expect(await planned('-var=look_at_guest=false')).toMatch(/ -> "dev, not looked at"$/);
      await apply('-var=look_at_guest=false');
      expect(await get(BACKEND)).toBe('five');
      await nothingToDo();
    });

    test('by hand: a commit, health, help, and what is no use of it', async () => {
      const table: [string, number, RegExp][] = [
        [`deploy_app.sh ${commits['two']}`, 0, /is live/],
        ['deploy_app.sh --health', 0, /^\w{7} answers\n$/],
        [
          'deploy_app.sh --help',
          0,
          /^Deploys one commit of this guest's application[^]*--rollback[^]*Exit codes: 1 usage/,
        ],
        ['deploy_app.sh --frobnicate', 1, /unknown option --frobnicate; see deploy_app.sh --help/],
        [`deploy_app.sh 'x; touch /pwned'`, 1, /that is no commit, tag or branch/],
        ['runuser -u nobody -- deploy_app.sh', 1, /needs root: sudo deploy_app.sh/],
        ['deploy_app.sh nowhere', 10, /no commit, tag or branch nowhere\. \w{7} runs on/],
        ['deploy_app.sh --rebuild', 0, /is live/],
        ['ls /pwned', 2, /No such file/],
      ];
      for (const [script, code, said] of table) {
        const { output, code: got } = await guest(script);
        expect([script, got, output]).toEqual([script, code, expect.stringMatching(said)]);
      }
      expect(await get(BACKEND)).toBe('two');
      expect(await planned()).toMatch(new RegExp(`-> "${commits['five']} \\(after ${commits['two']}\\)"`));
    });

    test('without a trial a release that fails is switched back', async () => {
      synth({ more: '    trial_start: false' });
      await apply();
      expect(await get(BACKEND)).toBe('five');
      const table: [string, Record<string, string>, number, RegExp][] = [
        [
          'crash',
          { 'backend/server.js': 'throw new Error("no such port");' },
          14,
          /no such port[^]*start of \w{7} failed\. \w{7} is back and answers/,
        ],
        [
          'crash-loop',
          { 'backend/server.js': `${APP['backend/server.js'] ?? ''}setTimeout(() => process.exit(3), 400);` },
          14,
          /it ended \(exit-code, status 3\)[^]*start of/,
        ],
        [
          'silent',
          { 'backend/server.js': 'setInterval(() => {}, 1000);' },
          15,
          /health check of \w{7} failed\. \w{7} is back/,
        ],
      ];
      for (const [name, files, code, said] of table) {
        const bad = commit(name, files);
        const { output, code: got } = await guest(`deploy_app.sh ${bad}`);
        expect([name, got, output]).toEqual([name, code, expect.stringMatching(said)]);
        expect(await get(BACKEND)).toBe('five');
        repository.undo();
      }
      expect((await guest('deploy_app.sh --list')).output).not.toMatch(/crash|silent/);
      await nothingToDo();
    });

    test('another branch: only a backend, only a frontend, neither', async () => {
      repository.git('checkout', '--quiet', '-b', 'backend-only');
      commit('no frontend', { frontend: undefined });
      repository.git('checkout', '--quiet', '-b', 'neither');
      commit('nothing', { backend: undefined, readme: 'nothing here' });
      repository.git('checkout', '--quiet', 'dev');
      repository.git('checkout', '--quiet', '-b', 'frontend-only');
      commit('no backend', { backend: undefined });

      synth({ branch: 'backend-only' });
      await apply();
      const version = repository.git('show', 'dev:backend/version');
      expect([await get(BACKEND), await get(FRONTEND)]).toEqual([version, '']);
      await nothingToDo();

      synth({ branch: 'neither' });
      const nothing = await lab.workspace.apply(STACK);
      expect([nothing.code, nothing.output]).toEqual([
        1,
        expect.stringContaining('the repository has neither backend nor frontend'),
      ]);
      expect(await get(BACKEND)).toBe(version);

      synth({ branch: 'frontend-only' });
      await apply();
      expect([await get(BACKEND), await get(FRONTEND)]).toEqual(['', '<h1>Shop</h1>']);
      await nothingToDo();
    });

    test('a private repository: its key and the key of its host', async () => {
      repository.git('checkout', '--quiet', 'dev');
      const folder = path.join(repository.base, 'ssh');
      mkdirSync(folder, { mode: 0o700 });
      const key = (name: string): { file: string; secret: string; line: string } => {
        const file = path.join(folder, name);
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
        return { file, secret: readFileSync(file, 'utf8'), line: readFileSync(`${file}.pub`, 'utf8').trim() };
      };
      const [host, otherHost, deploy, rotated, wrong] = ['host', 'other', 'deploy', 'rotated', 'wrong'].map(
        key,
      );
      const allow = (...keys: (typeof deploy)[]): void => {
        const only = 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\""';
        writeFileSync(
          path.join(folder, 'authorized_keys'),
          keys.map((one) => `${only} ${one?.line}\n`).join(''),
        );
      };
      const config = [
        ...['Port 2222', 'ListenAddress 10.0.10.1', `HostKey ${host?.file}`, 'PidFile none', 'UsePAM no'],
        ...[
          'StrictModes no',
          `AuthorizedKeysFile ${folder}/authorized_keys`,
          'PermitRootLogin forced-commands-only',
        ],
        ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
      ];
      writeFileSync(path.join(folder, 'config'), `${config.join('\n')}\n`);
      mkdirSync('/run/sshd', { recursive: true });
      stops.push(await serve(lab, 2222, ['/usr/sbin/sshd', '-D', '-e', '-f', path.join(folder, 'config')]));

      const repo = `ssh://root@10.0.10.1:2222${repository.folder}`;
      const known = (line = ''): string =>
        `    git_deploy_key: "{{ vault_git_deploy_key }}"\n    git_known_hosts: ["[10.0.10.1]:2222 ${line}"]`;
      const use = (one: typeof deploy): void => {
        lab.workspace.env['TF_VAR_vault_git_deploy_key'] = one?.secret;
      };
      allow(deploy);
      use(wrong);
      synth({ repo, more: known(otherHost?.line) });
      commit('six');
      const wrongHost = await lab.workspace.apply(STACK);
      expect([wrongHost.code, wrongHost.output]).toEqual([
        1,
        expect.stringContaining('Host key verification failed'),
      ]);
      expect(wrongHost.output).toMatch(/fetch failed\. \w{7} runs on/);

      synth({ repo, more: known(host?.line) });
      const wrongKey = await lab.workspace.apply(STACK);
      expect([wrongKey.code, wrongKey.output]).toEqual([
        1,
        expect.stringContaining('Permission denied (publickey)'),
      ]);

      use(deploy);
      await apply();
      expect(await get(BACKEND)).toBe('six');
      await nothingToDo();

      // A rotated key: the plan names it, and until it is deployed the look at the branch says what is wrong.
      allow(rotated);
      const refused = await nothingToDo();
      expect(refused).toContain('the branch dev could not be looked up on the guest: deploy_app.sh:');
      expect(refused).toContain('Permission denied (publickey)');
      use(rotated);
      commit('seven');
      const rotation = await lab.workspace.plan(STACK);
      expect([rotation.code, rotation.output]).toEqual([
        2,
        expect.stringContaining('"secret vault_git_deploy_key"'),
      ]);
      await apply();
      await applyAgain();
      expect(await get(BACKEND)).toBe('seven');
      const { output } = await guest(
        'stat -c "%a %U" /etc/pvestack/deploy_key; runuser -u app -- cat /etc/pvestack/deploy_key',
      );
      expect(output).toMatch(/^600 root\n.*Permission denied\n$/);
    });

    test('an env that watches paths: a plan sees only commits that touch them', async () => {
      synth({ more: '    watch: [backend]' });
      commit('watched');
      await applyAgain();
      commit('beside', { 'docs/page.md': 'words' });
      expect(await nothingToDo()).not.toContain('watch');
      const touched = commit('touched');
      commit('beside again', { 'docs/page.md': 'more words' });
      expect(await planned()).toContain(`-> "${touched} (the last of dev that touches backend)`);
      await applyAgain();
      expect(await get(BACKEND)).toBe('touched');
      // Who names a release means that one.
      const { output } = await lab.workspace.plan(STACK, '-var', `release=${commits['beside again'] ?? ''}`);
      expect(unwrapped(output)).toContain('watch has no effect, as the release');
    });
  },
);
