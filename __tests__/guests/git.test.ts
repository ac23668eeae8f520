import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { certificateOf, serveHttps, serveSlowly } from '../support/git-servers';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith } from '../support/requirements';
import { KIT_FOLDER } from '../support/shell';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const ADDRESS = '10.0.10.61';
const GIT = 'git://10.0.10.1';
const HTTPS = 'https://10.0.10.1:8443';
/** The guest's own sshd: with the repositories on the guest. */
const SSH = 'ssh://root@127.0.0.1/srv/git';
const MIRROR = '/srv/app/repo.git';
const CURRENT = '/srv/app/current';

describeWith([realGuests, git, command('openssl')], 'repositories as they are', () => {
  const lab = useRealLab({ lab: BAKED });
  // As a server of today: what a client does not want it leaves out.
  const app = new AppRepository('main', { name: 'one' });
  const { base } = app;
  const stops: (() => void)[] = [];

  const guest = (script: string): Promise<Outcome> => lab.ssh(ADDRESS, script);
  /** What a script prints that succeeds. */
  const ask = async (script: string): Promise<string> => {
    const { code, output } = await guest(script);
    expect([code, output]).toEqual([0, expect.anything()]);
    return output.trim();
  };
  /** What of the inventory is there. */
  const configure = (repo: string, more = ''): Promise<string> =>
    ask(`cat >/etc/pvestack/deploy.conf <<'END'
stack=app-shop-dev repo=${repo} branch=main env_file=/srv/app/.env build_environment=A=1
keep=3 health_timeout=5 build_timeout=60 build_memory= trial=no ${more}
END`);
  const deploy = (what = ''): Promise<Outcome> => guest(`deploy_app.sh ${what}`);
  const deployed = async (what = ''): Promise<string> => {
    const { code, output } = await deploy(what);
    expect([code, output]).toEqual([0, expect.stringMatching(/^done {5}/m)]);
    return output;
  };
  const failed = async (what = ''): Promise<string> => {
    const { code, output } = await deploy(what);
    expect([code, output]).toEqual([10, expect.stringMatching(/^deploy_app\.sh: /m)]);
    return output;
  };
  const repository = (name: string, files: Record<string, string>): AppRepository =>
    new AppRepository('main', files, name, base);
  /** The repositories as they are now, on the guest as well. */
  const copyToGuest = async (): Promise<void> => {
    const copy = `tar -C ${base} -c . | ssh root@${ADDRESS} 'rm -rf /srv/git && mkdir /srv/git && tar -C /srv/git --no-same-owner -x'`;
    expect((await lab.shell(copy)).code).toBe(0);
  };
  const commitSubmodules = (
    into: AppRepository,
    modules: Record<string, [url: string, commit: string]>,
  ): string => {
    const lines = Object.entries(modules).map(([name, [url, commit]]) => {
      into.git('update-index', '--add', '--cacheinfo', `160000,${commit},${name}`);
      return `[submodule "${name}"]\n  path = ${name}\n  url = ${url}\n`;
    });
    writeFileSync(path.join(into.folder, '.gitmodules'), lines.join(''));
    into.git('add', '.gitmodules');
    into.git('commit', '--quiet', '--message=submodules');
    return into.git('rev-parse', 'HEAD');
  };

  beforeAll(async () => {
    stops.push(await serveGit(lab, app), await serveHttps(lab, base, 8443));
    await lab.addGuest(361, `${ADDRESS}/24`, { ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' });
    const kit = `tar -C ${KIT_FOLDER} -c . | ssh root@${ADDRESS} 'mkdir -p /usr/local/lib/pvestack && tar -C /usr/local/lib/pvestack --no-same-owner -x'`;
    expect((await lab.shell(kit)).code).toBe(0);
    await ask(`useradd --system --home-dir /var/lib/app app
useradd --system --home-dir /var/lib/app-build app-build
install -d /etc/pvestack /srv/app/releases
ln -s /usr/local/lib/pvestack/deploy_app.sh /usr/local/bin/deploy_app.sh
: >/etc/pvestack/steps.sh
cat >/usr/local/share/ca-certificates/lab.crt <<'END'
${certificateOf(base)}END
update-ca-certificates >/dev/null 2>&1
ssh-keygen -q -t ed25519 -N '' -f /etc/pvestack/deploy_key && cat /etc/pvestack/deploy_key.pub >>/root/.ssh/authorized_keys`);
  });
  afterAll(() => {
    stops.forEach((stop) => {
      stop();
    });
    app.remove();
  });

  describe('submodules', () => {
    let commit = '';
    beforeAll(async () => {
      const deep = repository('deep', { name: 'deep' });
      const lib = repository('lib', { name: 'lib' });
      const inLib = commitSubmodules(lib, { below: ['../deep', deep.git('rev-parse', 'HEAD')] });
      const sub = repository('sub', { name: 'sub' });
      commit = commitSubmodules(sub, { lib: ['../lib', inLib] });
      const hanging = repository('hanging', { name: 'hanging' });
      commitSubmodules(hanging, { lib: ['git://10.0.10.1:9419/lib', inLib] });
      stops.push(await serveSlowly(lab, 9419, 0));
      await copyToGuest();
    });

    test.each([GIT, HTTPS, SSH])(
      'with URLs that are relative to the repository, nested ones as well: %s',
      async (server) => {
        await configure(`${server}/sub`);
        // Of another server nothing is here.
        await guest(`rm -rf ${MIRROR} /srv/app/current /srv/app/releases/* /var/lib/pvestack/release`);
        expect(await deployed()).toMatch(/^ {2}submodules +\d/m);
        expect(
          await ask(`cd ${CURRENT} && cat name lib/name lib/below/name && git -C lib remote get-url origin`),
        ).toBe(`sublibdeep${server}/lib`);
        expect(await ask('deploy_app.sh --head')).toBe(commit);
      },
    );

    test.each([
      ['a submodule', `${GIT}/hanging`, 'submodules'],
      ['the repository', 'git://10.0.10.1:9419/sub', 'fetch'],
    ])(
      '%s whose server does not answer: until the time of the inventory is over',
      async (_what, repo, step) => {
        await configure(repo, 'fetch_timeout=2');
        const output = await failed();
        expect(output).toMatch(new RegExp(`^ {2}${step} +failed after \\d`, 'm'));
        expect(output).toContain('| ended: it took longer than 2 s (fetch_timeout in the inventory)');
      },
    );
  });

  // Git of the guest's root takes submodules: what a repository says of them runs nothing and leads nowhere.
  describe('submodules of somebody who wants the guest', () => {
    const modules: [what: string, name: string, lines: string[]][] = [
      ['a URL that is a command', 'lib', ['url = "ext::sh -c touch% /root/owned"']],
      ['a URL that is an option', 'lib', ['url = --upload-pack=touch /root/owned']],
      ['a URL that is a folder of the guest', 'lib', ['url = /root']],
      ['a URL that is a file of the guest', 'lib', ['url = file:///srv/git/lib']],
      ['a command to update by', 'lib', ['url = ../lib', 'update = !touch /root/owned']],
      ['a name that leads out of its place', '../../../hooks', ['url = ../lib']],
    ];
    beforeAll(async () => {
      for (const [index, [, name, lines]] of modules.entries()) {
        const repo = repository(`hostile${index}`, { name: 'hostile' });
        repo.git('update-index', '--add', '--cacheinfo', `160000,${repo.git('rev-parse', 'HEAD')},lib`);
        writeFileSync(
          path.join(repo.folder, '.gitmodules'),
          [`[submodule "${name}"]`, 'path = lib', ...lines, ''].join('\n'),
        );
        repo.git('add', '.gitmodules');
        repo.git('commit', '--quiet', '--message=hostile');
      }
      await copyToGuest();
    });

    test.each(modules.map(([what], index) => [what, index] as const))('%s', async (_what, index) => {
      await configure(`${GIT}/hostile${index}`);
      await guest(`rm -rf ${MIRROR} /srv/app/current /srv/app/releases/* /var/lib/pvestack/release`);
      const { code } = await deploy();
      expect([code, await ask('ls -d /root/owned /srv/app/releases/*/lib/* 2>/dev/null || true')]).toEqual([
        10,
        '',
      ]);
    });
  });

  describe('a mirror', () => {
    beforeAll(async () => {
      app.git('branch', 'side');
      app.git('tag', 'v0');
      await configure(`${GIT}/app`);
      await deployed();
    });

    const REMADE = new RegExp(`^ {2}mirror +${MIRROR} is broken, so it is made anew$`, 'm');
    test.each<[what: string, script: string, upstream: () => unknown]>([
      [
        'locks that a git left that was killed',
        'for file in refs/heads/main packed-refs index shallow config HEAD objects/maintenance objects/info/commit-graph; do mkdir -p "$(dirname $file)"; touch $file.lock; done; touch objects/pack/tmp_pack_x; echo "1 guest" >gc.pid',
        () => undefined,
      ],
      [
        'a branch that went, for folders of its name',
        'git pack-refs --all',
        () => app.git('branch', '--move', 'side', 'side/way'),
      ],
      ['a branch in the place of a folder', ':', () => app.git('branch', '--move', 'side/way', 'side')],
      [
        'a tag that went, for folders of its name',
        ':',
        () => [app.git('tag', '--delete', 'v0'), app.git('tag', 'v0/a')],
      ],
    ])('%s: the deploy goes on in it', async (_what, script, upstream) => {
      upstream();
      const commit = app.commit('next', { name: 'next' });
      await ask(`cd ${MIRROR} && ${script}; echo there >kept`);
      expect(await ask('deploy_app.sh --head')).toBe(commit);
      expect(await deployed()).not.toMatch(REMADE);
      expect(await ask(`cd ${MIRROR} && cat kept; find . -name '*.lock' -o -name 'tmp_*'`)).toBe('there');
    });

    test.each([
      [
        'emptied objects',
        'mkdir -p /tmp/packs; mv objects/pack/*.pack /tmp/packs; rm -f objects/pack/*; for pack in /tmp/packs/*; do git unpack-objects -q <$pack; done; find objects -type f | while read -r file; do : >$file; done',
      ],
      [
        'a pack with holes',
        'git repack -adq; for file in objects/pack/*.pack; do dd if=/dev/zero of=$file bs=16 seek=2 count=8 conv=notrunc; done',
      ],
      ['no HEAD', 'rm HEAD'],
      ['a branch that is nothing', 'rm -f packed-refs; mkdir -p refs/heads; echo x >refs/heads/main'],
      ['no objects at all', 'rm -rf objects'],
    ])('that is broken (%s) is made anew, once', async (_what, script) => {
      const commit = app.commit('next', { name: String(Math.random()) });
      await ask(`cd ${MIRROR} && (${script}) >/dev/null 2>&1; echo there`);
      expect(await ask('deploy_app.sh --head')).toBe(commit);
      expect(await deployed()).toMatch(REMADE);
      app.commit('after');
      expect(await deployed()).not.toMatch(REMADE);
    });

    test('a file that cannot be read any more, of a commit that is there', async () => {
      await ask(`cd ${MIRROR} && blob=$(git rev-parse main:name) && mkdir /tmp/more && mv objects/pack/*.pack /tmp/more && rm -f objects/pack/*
for pack in /tmp/more/*; do git unpack-objects -q <$pack; done; : >objects/$(printf '%s' $blob | sed 's|^..|&/|')`);
      expect(await deployed('--rebuild')).toMatch(REMADE);
      expect(await ask(`cd ${CURRENT} && git rev-parse HEAD`)).toBe(app.git('rev-parse', 'HEAD'));
    });

    test('a remote that does not answer costs no mirror', async () => {
      await ask(`echo there >${MIRROR}/kept`);
      await configure(`${GIT}/none`);
      expect(await failed()).toMatch(/\| fatal: .*\n.*fetch failed/);
      expect(await ask(`cat ${MIRROR}/kept`)).toBe('there');
    });
  });

  describe('a branch of which only some paths count', () => {
    const watch = (paths: string): Promise<string> => configure(`${GIT}/mono`, `watch='${paths}'`);
    const shown = (): Promise<string> => ask('deploy_app.sh --head');
    let mono: AppRepository;
    let api = '';
    beforeAll(() => {
      mono = repository('mono', { 'services/api/name': 'one', 'services/web/name': 'one' });
    });

    test('the last commit that touches one is deployed, and a plan looks no further', async () => {
      await guest(`rm -rf ${MIRROR} /srv/app/current /srv/app/releases/* /var/lib/pvestack/release`);
      api = mono.commit('api', { 'services/api/name': 'two' });
      mono.commit('web', { 'services/web/name': 'two' });
      await watch('services/api');
      // Without a mirror, and with one.
      expect(await shown()).toBe(api);
      expect(await guest(`ls ${MIRROR}`)).toMatchObject({ code: 2 });
      expect(await deployed()).toContain(`${api.slice(0, 7)} is the last of main that touches services/api`);
      expect(await shown()).toBe(api);
      expect(await ask(`cat ${CURRENT}/services/*/name`)).toBe('twoone');
    });

    test('a plan fetches what is new beside the mirror, which stays as it is', async () => {
      const list = `cd ${MIRROR} && find . -type f | sort | xargs sha256sum; ls /tmp | grep -c '^tmp\\.' || true`;
      const before = await ask(list);
      mono.commit('web again', { 'services/web/name': 'three' });
      expect(await shown()).toBe(api);
      api = mono.commit('api again', { 'services/api/deep/er': 'three' });
      mono.commit('web and again', { 'services/web/name': 'four' });
      expect(await shown()).toBe(api);
      expect(await ask(list)).toBe(before);
      await deployed();
      expect(await ask(`cd ${CURRENT} && git rev-parse HEAD`)).toBe(api);
    });

    test('of what is merged the merge counts; patterns are those of git', async () => {
      mono.git('checkout', '--quiet', '-b', 'side');
      mono.commit('on a side', { 'services/api/name': 'side' });
      mono.git('checkout', '--quiet', 'main');
      mono.git('merge', '--quiet', '--no-ff', '--message=merged', 'side');
      const merge = mono.git('rev-parse', 'HEAD');
      mono.commit('web', { 'services/web/name': 'five' });
      expect(await shown()).toBe(merge);
      const [library] = [
        mono.commit('library', { 'libs/a/x.js': '1', 'docs/x.md': '1' }),
        mono.commit('more', { x: '' }),
      ];
      await watch('libs/*.js services/api');
      expect(await shown()).toBe(library);
      // What is named goes before.
      expect(await ask(`deploy_app.sh --head ${api.slice(0, 10)} && deploy_app.sh --head main`)).toBe(
        `${api}\n${mono.git('rev-parse', 'main')}`,
      );
    });

    test('where nothing touches them it says so', async () => {
      await watch('services/none');
      const said = 'no commit of the branch main touches services/none (watch in the inventory)';
      expect(await failed('--head')).toContain(said);
      expect(await failed()).toContain(said);
    });
  });

  describe('a big repository', () => {
    const big = { commits: [] as string[], hidden: '' };
    let folder = '';
    const size = async (): Promise<number> => Number(await ask(`du -sk ${MIRROR} | cut -f 1`));
    beforeAll(async () => {
      const made = repository('big', { name: 'none' });
      folder = made.folder;
      for (let round = 0; round < 20; round++) {
        for (const name of 'abcd') writeFileSync(path.join(folder, name), randomBytes(100_000));
        big.commits.push(made.commit(`round ${round}`, { name: String(round) }));
      }
      made.git('tag', 'v1', big.commits[4] ?? '');
      made.git('checkout', '--quiet', '-b', 'gone');
      big.hidden = made.commit('of no branch', { name: 'hidden' });
      made.git('checkout', '--quiet', 'main');
      made.git('branch', '--quiet', '-D', 'gone');
      made.git('config', 'uploadpack.allowFilter', 'true');
      stops.push(await serveSlowly(lab, 9420, 20_000));
      await configure(`${GIT}/big`);
      await guest(`rm -rf ${MIRROR}`);
    });

    test('a fetch says every ten seconds how far it is; one that was killed leaves nothing that counts', async () => {
      await configure('git://10.0.10.1:9420/big');
      const cut = await guest(
        'deploy_app.sh & sleep 13; kill -9 $!; pkill -9 -x git; sleep 0.5; ls /srv/app/repo.git/objects/pack; flock -n /run/pvestack.lock echo free',
      );
      expect(cut.output).toMatch(/^ {2}files +Receiving objects: +\d+% /m);
      expect(cut.output).toMatch(/tmp_pack_/);
      expect(cut.output).toMatch(/^free$/m);
      await configure(`${GIT}/big`);
      await deployed();
      expect(await ask(`cat ${CURRENT}/name; find ${MIRROR} -name 'tmp_*'`)).toBe('19');
      expect(await size()).toBeLessThan(2 * 400 + 300);
    });

    test.each([
      ['a tag', 'v1', '4'],
      ['an old commit', () => big.commits[9] ?? '', '9'],
      ['a commit that no branch leads to', () => big.hidden, 'hidden'],
      ['the branch', '', '19'],
    ])('%s is deployed from it', async (_what, name, content) => {
      await deployed(typeof name === 'string' ? name : name());
      expect(await ask(`cat ${CURRENT}/name`)).toBe(content);
      expect(
        await ask(`cd ${CURRENT} && git -c safe.directory='*' describe --tags --always --dirty`),
      ).not.toContain('dirty');
    });

    test('back to the release before, without asking anybody; from a server that leaves nothing out everything comes', async () => {
      expect((await deploy('--rollback')).code).toBe(0);
      expect(await ask(`cat ${CURRENT}/name`)).toBe('hidden');
      const small = await size();
      app.git('-C', folder, 'config', 'uploadpack.allowFilter', 'false');
      await ask(`rm -rf ${MIRROR}`);
      await deployed();
      expect(await size()).toBeGreaterThan(20 * 390);
      expect(small).toBeLessThan(5 * 400 + 500);
    });

    test('a disk that is full: said so, and neither trusted nor made anew', async () => {
      for (const name of 'abcd') writeFileSync(path.join(folder, name), randomBytes(100_000));
      app.git('-C', folder, 'commit', '--quiet', '--all', '--message=last');
      await ask(`cd ${MIRROR} && cp -a objects /tmp/objects
mount -t tmpfs -o size=50m tmpfs objects && cp -a /tmp/objects/. objects/
head -c $((($(df --output=avail objects | tail -n 1) - 100) * 1024)) /dev/zero >objects/filler; echo there >kept`);
      expect(await failed()).toMatch(/\| .*No space left on device[^]*\n.* fetch failed/);
      await ask(`rm ${MIRROR}/objects/filler && cat ${MIRROR}/kept`);
      await deployed();
      expect(
        await ask(
          `cat ${MIRROR}/kept; find ${MIRROR}/objects -name 'tmp_*'; cd ${CURRENT} && git log -1 --format=%s`,
        ),
      ).toBe('there\nlast');
      await ask(`umount ${MIRROR}/objects && rm -rf ${MIRROR} && echo`);
    });
  });

  describe('Git LFS', () => {
    const pointerTo = (content: string): string => {
      const oid = createHash('sha256').update(content).digest('hex');
      mkdirSync(path.join(base, 'lfs'), { recursive: true });
      writeFileSync(path.join(base, 'lfs', oid), content);
      return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`;
    };
    const ATTRIBUTES = { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' };
    let lfs: AppRepository;

    beforeAll(() => {
      lfs = repository('lfs-app', {
        ...ATTRIBUTES,
        'a b.bin': pointerTo('weights'),
        'dir/c.bin': pointerTo('more'),
      });
    });

    test('without git-lfs and a way to it nothing goes live, and the message says what to write', async () => {
      await configure(`${HTTPS}/lfs-app`);
      await ask(
        'printf "#!/bin/sh\\necho no network; exit 100\\n" >/usr/local/bin/apt-get; chmod +x /usr/local/bin/apt-get',
      );
      const output = await failed();
      await ask('rm /usr/local/bin/apt-get');
      expect(output).toMatch(
        /files in Git LFS \(a b\.bin, dir\/c\.bin\), .* packages: \[git-lfs\] in the inventory/,
      );
      expect(output).toContain('install git-lfs failed');
    });

    test('git-lfs comes along, and the files with it; they are fetched once', async () => {
      expect(await deployed()).toMatch(/^ {2}install git-lfs +\d[^]*^ {2}lfs files +\d/m);
      expect(await ask(`cd ${CURRENT} && cat 'a b.bin' dir/c.bin`)).toBe('weightsmore');
      expect(await ask(`cd ${CURRENT} && git -c safe.directory='*' status --short`)).toBe('');
      rmSync(path.join(base, 'lfs'), { recursive: true });
      lfs.commit('next', { 'd.bin': pointerTo('third') });
      await deployed();
      expect(await ask(`cd ${CURRENT} && cat 'a b.bin' dir/c.bin d.bin`)).toBe('weightsmorethird');
    });

    test('those of a submodule, over ssh', async () => {
      const sub = repository('lfs-sub', { name: 'sub' });
      commitSubmodules(sub, { lib: ['../lfs-app', lfs.git('rev-parse', 'HEAD')] });
      await copyToGuest();
      await ask(`rm -rf ${MIRROR}/lfs
printf '#!/bin/sh\\necho "{\\\\"href\\\\": \\\\"${HTTPS}/lfs-app/info/lfs\\\\"}"\\n' >/usr/local/bin/git-lfs-authenticate
chmod +x /usr/local/bin/git-lfs-authenticate`);
      pointerTo('weights');
      pointerTo('more');
      await configure(`${SSH}/lfs-sub`);
      await deployed();
      expect(await ask(`cd ${CURRENT}/lib && cat 'a b.bin' dir/c.bin d.bin`)).toBe('weightsmorethird');
    });

    test('what the server does not have is a failure by name; so is a place on the guest', async () => {
      await configure(`${HTTPS}/lfs-app`);
      const pointer = pointerTo('lost');
      rmSync(path.join(base, 'lfs', /sha256:(.*)/.exec(pointer)?.[1] ?? ''));
      lfs.commit('lost', { 'lost.bin': pointer });
      const output = await failed();
      expect(output).toContain('lost.bin');
      expect(output).toContain('lfs files failed');
      lfs.commit('elsewhere', { '.lfsconfig': '[lfs]\nurl = file:///srv/git/lib\n' });
      expect(await failed()).toContain(
        '.lfsconfig: lfs.url is file:///srv/git/lib, which is no place of another host',
      );
    });
  });
});
