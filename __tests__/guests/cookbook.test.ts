import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { AppRepository, BAKED, BAKED_13, git, serveGit } from '../support/app-fixture';
import { ExtendedTree } from '../support/extended-tree';
import { PYTHON_BAKED } from '../support/pote-fixture';
import { realGuests, stackIn, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base images; some builds take a minute.
jest.setTimeout(600_000);

const RECIPES = path.join(__dirname, '../../examples/cookbook');
const REPOSITORIES = path.join(__dirname, '../support/fixtures/cookbook');

/** What a repository holds. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .map((file) => [
        path.relative(folder, file),
        file.endsWith('package-lock.json') ? withAddresses(file) : readFileSync(file, 'utf8'),
      ]),
  );

/** A lock file as npm writes it elsewhere: here they are kept without addresses, and npm would ask for each package's. */
function withAddresses(file: string): string {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { version?: string; resolved?: string }>;
  };
  for (const [place, one] of Object.entries(lock.packages)) {
    const name = place.split('node_modules/').at(-1) ?? '';
    if (place !== '')
      one.resolved = `https://registry.npmjs.org/${name}/-/${path.basename(name)}-${one.version ?? ''}.tgz`;
  }
  return JSON.stringify(lock, null, 2);
}

/** A recipe as it is run: which env, on which system, and what shows that it works. */
interface Run {
  recipe: string;
  /** Project and env. */
  env: [project: string, env: string];
  address: string;
  base?: 'node' | 'node 13' | 'python' | 'python 13';
  /** A command line beside the guest, or on it, and what it prints. */
  beside?: [command: string, said: string][];
  on?: [script: string, said: string][];
}

const BASES: Readonly<Record<NonNullable<Run['base']>, string>> = {
  node: 'debian-12-baked_1_amd64.tar.zst',
  'node 13': 'debian-13-baked_1_amd64.tar.zst',
  python: 'debian-12-pote_1_amd64.tar.zst',
  'python 13': 'debian-13-pote_1_amd64.tar.zst',
};

/** uv and Poetry read no configuration of pip's: the guests' way to the registries is the lab's proxy. */
const THROUGH_PROXY = {
  https_proxy: 'http://10.0.10.1:3142',
  SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  REQUESTS_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt',
};

const get = (url: string, more = ''): string => `curl -sm 5 ${more} ${url}`;

const RUNS: readonly Run[] = [
  {
    recipe: 'express',
    env: ['shop', 'prod'],
    address: '10.0.10.32',
    beside: [
      [get('http://10.0.10.32:3000/health'), 'well'],
      [get('http://10.0.10.32:3001/uploads/a', '--data-binary kept-by-one'), 'kept'],
      [get('http://10.0.10.32:3000/uploads/a'), 'kept-by-one'],
    ],
  },
  {
    recipe: 'nextjs',
    env: ['journal', 'dev'],
    address: '10.0.10.91',
    base: 'node 13',
    beside: [[`${get('http://10.0.10.91:3000/')} | grep -o '<h1>.*</h1>'`, '<h1>Journal</h1>']],
    on: [['ls -A /var/lib/app/shared/web/.next/cache | wc -l | sed "s/[1-9][0-9]*/some/"', 'some']],
  },
  {
    recipe: 'vite',
    env: ['board', 'dev'],
    address: '10.0.10.101',
    base: 'node 13',
    beside: [
      ...['/', '/a/page/of/it'].map((page): [string, string] => [
        `${get(`https://board.example.lan${page}`, '-k --resolve board.example.lan:443:10.0.10.101')} | grep -o '<title>.*</title>'`,
        '<title>Board</title>',
      ]),
      [
        get('https://board.example.lan/api/x', '-k --resolve board.example.lan:443:10.0.10.101'),
        'api /api/x',
      ],
      [`${get('http://10.0.10.101:3001/')} || echo closed`, 'closed'],
    ],
  },
  {
    recipe: 'static-site',
    env: ['pages', 'prod'],
    address: '10.0.10.111',
    beside: ['', 'about/', 'none'].map((page): [string, string] => [
      get(
        `https://pages.example.lan/${page}`,
        "-k --resolve pages.example.lan:443:10.0.10.111 -o /dev/null -w '%{http_code}'",
      ),
      page === 'none' ? '404' : '200',
    ]),
    on: [['systemctl list-units --plain --no-legend "app-*.service" | wc -l', '0']],
  },
  {
    recipe: 'worker',
    env: ['mailer', 'prod'],
    address: '10.0.10.41',
    on: [
      [
        'journalctl -o cat -u "app-queue@*" | grep ^worker | sort -u',
        'worker 1 of amqp://mailer:***@10.0.10.5/mail\nworker 2 of amqp://mailer:***@10.0.10.5/mail',
      ],
      ['systemctl stop app-queue@1; journalctl -o cat -n 20 -u app-queue@1 | grep -x finished', 'finished'],
      ['systemctl start app-queue@1; ss -Hltn | grep -vc ":22 " || true', '0'],
    ],
  },
  {
    recipe: 'cron-jobs',
    env: ['reports', 'prod'],
    address: '10.0.10.51',
    on: [
      [
        'systemctl start app-job-nightly; cat /var/lib/app/logs/nightly.log',
        'nightly, built, by mail.example.lan',
      ],
      [
        'systemctl list-timers --all --no-legend "app-job-*" | wc -l; ls /etc/cron.d | grep -c pvestack',
        '1\n1',
      ],
    ],
  },
  {
    recipe: 'django',
    env: ['portal', 'dev'],
    address: '10.0.10.61',
    base: 'python',
    beside: [[get('http://10.0.10.61:8000/healthz', "-H 'Host: portal.example.lan'"), 'ticks']],
    on: [['ls /srv/app/current/static 2>/dev/null | wc -l', '0']],
  },
  {
    recipe: 'fastapi-uv',
    env: ['quotes', 'dev'],
    address: '10.0.10.121',
    base: 'python 13',
    beside: [[get('http://10.0.10.121:8000/health'), '{"quotes":"well"}']],
  },
  {
    recipe: 'poetry',
    env: ['links', 'dev'],
    address: '10.0.10.131',
    base: 'python',
    beside: [[get('http://10.0.10.131:8000/'), 'links']],
  },
  {
    recipe: 'monorepo-pnpm',
    env: ['suite', 'dev'],
    address: '10.0.10.71',
    beside: [
      [get('http://10.0.10.71:3001/'), '2 minutes'],
      [get('http://10.0.10.71:3000/'), 'http://10.0.10.71:3001 sealed'],
    ],
    on: [['systemctl is-active app-mail; cat /var/lib/app/shared/web/.next/cache/starts', 'active\nx']],
  },
  {
    recipe: 'postgresql',
    env: ['orders', 'dev'],
    address: '10.0.10.81',
    base: 'python',
    beside: [[get('http://10.0.10.81:3001/'), 'invoices']],
    on: [['systemctl start app-job-cleanup; cat /var/lib/app/logs/cleanup.log', 'DELETE 0']],
  },
  {
    recipe: 'go',
    env: ['hello', 'dev'],
    address: '10.0.10.141',
    beside: [[get('http://10.0.10.141:8080/'), 'hello']],
  },
];

test('every recipe is run', () => {
  expect(RUNS.map(({ recipe }) => `${recipe}.yml`).sort()).toEqual(readdirSync(RECIPES).sort());
});

describeWith(
  [realGuests, providers, git],
  'the inventories of the cook-book, with repositories of their kind',
  () => {
    const lab = useRealLab({
      lab: { bases: { ...BAKED.bases, ...BAKED_13.bases, ...PYTHON_BAKED.bases } },
    });
    let first: AppRepository;
    let stop = (): void => undefined;
    const SECRETS = ['shop_session_secret', 'mailer_queue_password', 'portal_secret_key', 'suite_sentry'];

    beforeAll(async () => {
      for (const project of readdirSync(REPOSITORIES).sort()) {
        const files = filesOf(path.join(REPOSITORIES, project));
        const repository = new AppRepository('dev', files, project, first?.base);
        repository.git('branch', 'main');
        first ??= repository;
      }
      stop = await serveGit(lab, first);
      lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
      for (const name of SECRETS) lab.workspace.env[`TF_VAR_vault_${name}`] = `fake-${name}`;
    });
    afterAll(() => {
      stop();
      first?.remove();
    });

    /** The recipe, for this lab: its server, its key, its repositories. */
    const recipe = (name: string, base: Run['base'] = 'node'): string => {
      const text = readFileSync(path.join(RECIPES, `${name}.yml`), 'utf8');
      const lines = [
        `proxmox_host: ${lab.emulator.url}`,
        `guest: { lxc_ostemplate: 'local:vztmpl/${BASES[base]}' }`,
      ];
      const replaced = text
        .replace('proxmox_host: pve.example.lan', lines.join('\n'))
        .replace(/ssh-ed25519 AAAA.*$/m, lab.publicKey)
        .replace(
          'app_type: python\n',
          `app_type: python\n    install_env: ${JSON.stringify(THROUGH_PROXY)}\n`,
        )
        .replace(/https:\/\/git\.example\.lan\/team\/(\w+)\.git/, 'git://10.0.10.1/$1');
      expect(replaced).not.toContain('git.example.lan');
      return replaced;
    };

    /** Deploys; the way to the registries is a long one, and may be cut off. */
    const deployed = async (stack: string): Promise<void> => {
      let outcome = await lab.workspace.apply(stack);
      for (let tries = 1; tries < 4 && outcome.output.includes('ECONNRESET'); tries++) {
        outcome = await lab.workspace.apply(stack);
      }
      expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    };

    // What runs no more leaves the machine to the next one.
    afterEach(async () => {
      for (const file of readdirSync(path.join(lab.workspace.root, 'state'))) {
        rmSync(path.join(lab.workspace.root, 'state', file));
      }
      for (const [vmid, { running }] of lab.emulator.state.guests) {
        if (running) await lab.api('POST', `/nodes/pve/lxc/${vmid}/status/stop`);
      }
    });

    test.each(RUNS)('$recipe', async ({ recipe: name, env, address, base, beside = [], on = [] }) => {
      const text = recipe(name, base);
      const stack = `app-${env.join('-')}`;
      if (name === 'go') {
        // A kind of one's own is a file and a line in the tree.
        const tree = new ExtendedTree();
        try {
          cpSync(path.join(tree.synth(text), stack), lab.workspace.folder(stack), { recursive: true });
        } finally {
          tree.remove();
        }
      } else lab.workspace.synth(text);
      const { ssh, nothingToDo } = stackIn(lab, stack, address);
      await deployed(stack);
      for (const [command, said] of beside) {
        let output = '';
        // What a worker does first may take a moment.
        for (let tries = 0; tries < 20 && output !== said; tries++) {
          if (tries > 0) await sleep(500);
          output = (await lab.exec('sh', ['-c', command])).output.trim();
        }
        expect(output).toBe(said);
      }
      for (const [script, said] of on) expect(await ssh(script)).toBe(said);
      await nothingToDo();
    });

    test('another application on a guest that stands: nothing of those before it stays', async () => {
      const STACK = 'app-turn-dev';
      const ADDRESS = '10.0.10.151';
      const { ssh, nothingToDo } = stackIn(lab, STACK, ADDRESS);
      const turn = async (name: string): Promise<void> => {
        const { app_projects: projects, ...top } = parse(
          recipe(name).replace('postgresql:///orders', 'postgresql:///turn'),
        ) as {
          app_projects: Record<string, Record<string, unknown>>;
        };
        const [project = {}] = Object.values(projects);
        const dev = {
          ...{ name: 'turn-dev', vmid: 451, ip: `${ADDRESS}/24`, gateway: '10.0.10.1' },
          ...{ branch: 'dev', run_jobs: true, data: 'disposable' },
        };
        lab.workspace.synth(
          JSON.stringify({ ...top, app_projects: { turn: { ...project, envs: { dev } } } }),
        );
        await deployed(STACK);
        await nothingToDo();
      };
      const listing = (): Promise<string> =>
        ssh(`cd / && ls -d etc/systemd/system/* etc/systemd/system/*.d/* etc/pvestack/* srv/app/*
ufw status | sort; ss -Hltn | awk '{ print $4 }' | grep -v :5432 | sort
systemctl list-units --plain --no-legend 'app-*' 'pvestack-*' | cut -d ' ' -f 1`);
      await turn('express');
      const before = await listing();
      // A worker where a server was, jobs alone, a database (which stays, with its data), files of a web front.
      for (const name of ['worker', 'cron-jobs', 'postgresql', 'vite']) await turn(name);
      await turn('express');
      expect(await listing()).toBe(before);
      expect((await lab.exec('curl', ['-sm', '5', `http://${ADDRESS}:3000/health`])).output).toBe('well');
    });
  },
);
