import { added, problems } from './minimal';

/** What is said of a command that starts a service: what is wrong, and what to do. */
function said(command: string): string[] {
  return problems(added('project', `backend_start: ${JSON.stringify(command)}`)).map((line) =>
    line.replace('inventory.yml:3:5  app_projects.pote.backend_start  ', ''),
  );
}

describe('no shell runs what starts a service', () => {
  test.each<[command: string, what: string, fix: string]>([
    ['cd app && node .', 'begins with cd', 'the command runs in the folder of its service'],
    ['exec node .', 'begins with exec', 'remove it'],
    ['export A=b', 'begins with export', 'write a script in the repository'],
    ['. ./venv/bin/activate', 'begins with .', "sh -c '…'"],
    ['A=b source x', 'begins with source', "sh -c '…'"],
    [
      'npm run a && npm start',
      'holds &&',
      "write a script in the repository and its path here, or sh -c '…'",
    ],
    ['npm start || true', 'holds |', "sh -c '…'"],
    ['node . | tee log', 'holds |', "sh -c '…'"],
    ['node a; node b', 'holds ;', 'stands in quotes'],
    ['node . &', 'holds &,', "sh -c '…'"],
    ['node . > log', 'holds < or >', "sh -c '…'"],
    ['node . 2>&1', 'holds < or >', "sh -c '…'"],
    ['node . <in', 'holds < or >', "sh -c '…'"],
    ['node $(cat main)', 'holds a command substitution', "sh -c '…'"],
    ['node `cat main`', 'holds a command substitution', "sh -c '…'"],
    ['node . --port ${PORT:-8000}', 'holds ${NAME…} with more than a name in it', "sh -c '…'"],
    ['node dist/*.js', 'holds a pattern of files', "sh -c '…'"],
    ['node ~/main.js', 'holds ~', 'write the path from / on'],
    ['node . --bind=0.0.0.0:$PORT', 'holds $PORT in a longer word', 'write ${PORT}'],
    ["node 'a", 'has a quote that is not closed', 'close it'],
  ])('%s', (command, what, fix) => {
    expect(said(command)).toEqual([expect.stringContaining(what)]);
    expect(said(command)).toEqual([expect.stringContaining(fix)]);
  });

  test.each([
    'npm start',
    'node --max-old-space-size=1536 server.js',
    'NODE_OPTIONS=--max-old-space-size=1536 npm start',
    'node . --port $PORT',
    'node . --bind=0.0.0.0:${PORT}',
    "sh -c 'cd app && exec node . --port ${PORT:-8000} | tee log'",
    'bash -c "node a; node b > log"',
    'node . --url http://api.example.lan/?a=b&c=d --allow-origin *',
    'node . --filter "a|b"',
    'node . a\\;b',
  ])('%s is fine', (command) => {
    expect(said(command)).toEqual([]);
  });

  test.each([
    ['service_start', 'app_type: python', "service_start: 'cd app && python -m main | tee log'"],
    ['frontend_start', 'app_type: node', "frontend_start: 'npm run build && npm start'"],
  ])('so of %s', (key, ...lines) => {
    expect(problems(added('project', ...lines))).toEqual([
      expect.stringMatching(new RegExp(`app_projects\\.pote\\.${key} {2}(begins with cd|holds &&)`)),
    ]);
  });

  test.each([
    'migrate: npm run a && npm run b',
    'health_command: test -f x || exit 1',
    'backend_build: npm run build > log',
    'backend_install: cd x && npm ci',
    'jobs: {a: {run: "cd x; ls | tee y", at: daily}}',
    "failure_hook: 'cat > /tmp/x'",
  ])('a shell runs the others: %s', (line) => {
    expect(problems(added('project', line))).toEqual([]);
  });
});
