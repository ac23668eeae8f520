import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { command, describeWith } from '../support/requirements';
import { enterFolder, EXAMPLE, leaveFolder, pvestack } from '../support/user-folder';

jest.setTimeout(120_000);

const BIN = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');

interface Job {
  if?: string;
  permissions?: Record<string, string>;
  environment?: string;
  steps: {
    name?: string;
    uses?: string;
    run?: string;
    env?: Record<string, string>;
    with?: Record<string, unknown>;
  }[];
}
interface Workflow {
  on: unknown;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

let folder: string;
beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => {
  leaveFolder(folder);
});

const written = async (kind: string): Promise<string[]> => {
  const { code, out } = await pvestack(['new', '--ci', kind]);
  expect(code).toBe(0);
  return [...out.matchAll(/^new {2}(\S+)$/gm)].map(([, file = '']) => file);
};

test.each([
  ['github', ['.github/workflows/review.yml', '.github/workflows/deploy.yml']],
  ['gitea', ['.gitea/workflows/review.yml', '.gitea/workflows/deploy.yml']],
  ['gitlab', ['.gitlab-ci.yml']],
])('%s: written once, never over what is there', async (kind, files) => {
  expect(await written(kind)).toEqual(files);
  const again = await pvestack(['new', '--ci', kind]);
  expect([again.code, again.err]).toEqual([
    1,
    expect.stringContaining(`${files.join(', ')}: there already, and nothing was written.`),
  ]);
});

test('another kind is refused', async () => {
  expect((await pvestack(['new', '--ci', 'svn'])).code).toBe(1);
});

describe.each(['github', 'gitea'])('the workflows of %s', (kind) => {
  const read = (name: string): Workflow =>
    parse(readFileSync(path.join(__dirname, '..', '..', 'ci', kind, name), 'utf8')) as Workflow;

  test.each(['review.yml', 'deploy.yml'])(
    '%s has no more rights than it needs, and every action is a commit',
    (name) => {
      const { on, permissions, jobs } = read(name);
      expect(JSON.stringify(on)).not.toContain('pull_request_target');
      expect(permissions).toEqual({ contents: 'read' });
      for (const { steps } of Object.values(jobs)) {
        for (const { uses, run = '', with: settings } of steps) {
          if (uses !== undefined) expect(uses).toMatch(/^actions\/(checkout|setup-node)@[0-9a-f]{40}$/);
          if (uses?.startsWith('actions/checkout'))
            expect(settings).toMatchObject({ 'persist-credentials': false });
          // What a pull request names must not become code of the shell.
          expect(run).not.toContain('${{');
        }
      }
    },
  );

  test('what runs code of a pull request holds no secret, or is of this repository', () => {
    const { jobs } = read('review.yml');
    expect(JSON.stringify(jobs['diff'])).not.toMatch(/secrets\.|github\.token/);
    for (const name of ['comment', 'plan']) {
      expect(jobs[name]?.if).toBe('github.event.pull_request.head.repo.full_name == github.repository');
    }
    expect(jobs['comment']?.permissions).toEqual({ 'pull-requests': 'write' });
    expect(jobs['comment']?.steps.flatMap(({ uses }) => uses ?? [])).toEqual([]);
    expect(JSON.stringify(jobs['plan'])).not.toMatch(/ssh_private_key|SSH/i);
  });

  describeWith([command('actionlint')], 'linted', () => {
    test.each(['review.yml', 'deploy.yml'])('%s', (name) => {
      const config = path.join(folder, 'actionlint.yaml');
      writeFileSync(config, 'self-hosted-runner:\n  labels: [pvestack]\n');
      const file = path.join(__dirname, '..', '..', 'ci', kind, name);
      expect(
        execFileSync('actionlint', ['-no-color', '-config-file', config, file], { encoding: 'utf8' }),
      ).toBe('');
    });
  });
});

/** A clone of a team's repository with a change on a branch, and the tool where npm would have put it. */
function cloneWithChange(): { clone: string; base: string; temp: string } {
  const origin = mkdtempSync(path.join(os.tmpdir(), 'team-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=ops', '-c', 'user.email=ops@example.lan', ...args], {
      cwd: origin,
      encoding: 'utf8',
    }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(origin, '.gitignore'), '/cdktf.out/\nnode_modules\n');
  cpSync(path.join(folder, 'cdktf.json'), path.join(origin, 'cdktf.json'));
  writeFileSync(path.join(origin, 'inventory.yml'), EXAMPLE);
  git('add', '.');
  git('commit', '-qm', 'base');
  const base = git('rev-parse', 'HEAD');
  git('switch', '-qc', 'change');
  writeFileSync(path.join(origin, 'inventory.yml'), EXAMPLE.replace('memory: 4096', 'memory: 8192'));
  git('commit', '-qam', 'more memory');
  const clone = path.join(folder, 'clone');
  execFileSync('git', ['clone', '-q', '-b', 'change', origin, clone]);
  rmSync(origin, { recursive: true });
  mkdirSync(path.join(clone, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(BIN, path.join(clone, 'node_modules', '.bin', 'pvestack'));
  const temp = path.join(folder, 'temp');
  mkdirSync(temp);
  return { clone, base, temp };
}

describeWith([command('git'), command('npx'), command('bash')], 'in a clean clone', () => {
  test.each(['github', 'gitea'])('the steps of %s show the change', async (kind) => {
    const [review = ''] = await written(kind);
    const { jobs } = parse(readFileSync(review, 'utf8')) as Workflow;
    const { clone, base, temp } = cloneWithChange();
    const [summary, result] = [path.join(temp, 'summary'), path.join(temp, 'output')];
    for (const { run, env = {} } of jobs['diff']?.steps ?? []) {
      if (run === undefined) continue;
      // Without a registry: what npm installs is there already.
      execFileSync('bash', ['-eo', 'pipefail', '-c', run.replace(/^npm ci$/gm, ':')], {
        cwd: clone,
        stdio: 'pipe',
        env: {
          ...process.env,
          RUNNER_TEMP: temp,
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_OUTPUT: result,
          ...('BASE' in env ? { BASE: base } : {}),
        },
      });
    }
    const text = readFileSync(summary, 'utf8');
    expect(text).toMatch(
      /^<!-- pvestack diff -->\n\n\*\*1 of 5 stacks changes\. Compared with [0-9a-f]{7}\.\*\*$/m,
    );
    expect(text).toContain('  ~ guest: memory 4096 → 8192 (restarts it)');
    expect(text).toContain('-          "dedicated": 4096,\n+          "dedicated": 8192,');
    expect(readFileSync(result, 'utf8')).toContain(text);
  });

  test('the script of gitlab shows the change', async () => {
    const [file = ''] = await written('gitlab');
    const { diff } = parse(readFileSync(file, 'utf8')) as { diff: { script: string[] } };
    const { clone, base } = cloneWithChange();
    for (const line of diff.script) {
      if (line === 'npm ci') continue;
      execFileSync('bash', ['-eo', 'pipefail', '-c', line], {
        cwd: clone,
        stdio: 'pipe',
        env: { ...process.env, CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
      });
    }
    expect(readFileSync(path.join(clone, 'changes.md'), 'utf8')).toContain('+          "dedicated": 8192,');
  });

  // The API of each, as far as the step uses it: what somebody else wrote is left alone.
  test.each(['github', 'gitea', 'gitlab'])('%s: one comment, which is changed from then on', async (kind) => {
    const [file = ''] = await written(kind);
    const comments: { id: number; body: string; user: { login: string } }[] = [
      { id: 1, body: 'Looks good', user: { login: 'ann' } },
    ];
    const calls: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        calls.push(`${method} ${url} ${String(headers['private-token'] ?? headers.authorization)}`);
        const text =
          kind === 'gitlab'
            ? (/name="body"\r\n\r\n([^]*)\r\n--/.exec(body)?.[1] ?? '')
            : method === 'GET'
              ? ''
              : (JSON.parse(body) as { body: string }).body;
        if (method === 'POST') comments.push({ id: 7, body: text, user: { login: 'github-actions[bot]' } });
        if (['PATCH', 'PUT'].includes(method)) Object.assign(comments[1] ?? {}, { body: text });
        response.end(JSON.stringify(method === 'GET' ? comments : {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const workflow = parse(readFileSync(file, 'utf8')) as Workflow & { comment: { script: string[] } };
    const script =
      kind === 'gitlab'
        ? workflow.comment.script.join('\n')
        : (workflow.jobs['comment']?.steps.find(({ run }) => run)?.run ?? '');
    const say = async (text: string): Promise<void> => {
      const TEXT = `<!-- pvestack diff -->\n\n${text}`;
      writeFileSync(path.join(folder, 'changes.md'), TEXT);
      const api = `http://127.0.0.1:${port}`;
      const env = {
        ...{ ...process.env, TEXT, TOKEN: 't', NUMBER: '3', API: `${api}/issues` },
        ...{ CI_API_V4_URL: api, CI_PROJECT_ID: '5', CI_MERGE_REQUEST_IID: '3', PVESTACK_COMMENT_TOKEN: 't' },
      };
      await promisify(execFile)('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder, env });
    };
    try {
      await say('one "quoted" line');
      await say('two $(lines)\nof `text`');
    } finally {
      server.close();
    }
    expect(comments.map(({ body }) => body)).toEqual([
      'Looks good',
      '<!-- pvestack diff -->\n\ntwo $(lines)\nof `text`',
    ]);
    expect(calls.map((call) => call.split(' ')[0])).toEqual([
      'GET',
      'POST',
      'GET',
      kind === 'gitlab' ? 'PUT' : 'PATCH',
    ]);
    expect(calls.every((call) => / (Bearer |token )?t$/.test(call))).toBe(true);
  });
});

test('gitlab deploys from the default branch only, and plans no fork', () => {
  const file = path.join(__dirname, '..', '..', 'ci', 'gitlab', '.gitlab-ci.yml');
  const jobs = parse(readFileSync(file, 'utf8')) as Record<
    string,
    { rules?: { if: string }[]; environment?: unknown }
  >;
  expect(jobs['deploy']?.rules).toEqual([
    { if: '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' },
  ]);
  expect(jobs['plan']?.rules?.[0]?.if).toContain('$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID');
  expect(jobs['deploy']?.environment).toBe('production');
});
