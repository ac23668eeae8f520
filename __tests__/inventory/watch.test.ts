import { added, onlyEnv, problems } from './minimal';

test('what an env watches: paths and patterns, in an order of its own', () => {
  const { release } = onlyEnv(added('project', 'watch: [services/api, "libs/*", package.json]')).app;
  expect(release.watch).toEqual(['libs/*', 'package.json', 'services/api']);
});

test.each(['/services', '../api', 'a/../b', './a', ':(top)a', ':!a', '--all', '-x', 'a b'])(
  '%j is refused',
  (path) => {
    expect(problems(added('project', `watch: [${JSON.stringify(path)}]`))).toEqual([
      'inventory.yml:3:13  app_projects.pote.watch.0  is not a path of the repository, or a pattern of some  write it from the root of the repository, of letters, digits and . _ @ + - / * ? [ ], e.g. services/api or packages/*',
    ]);
  },
);
