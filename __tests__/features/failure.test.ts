import { fileOf } from '../renderers/guest-files';

test.each<[string, string[]]>([
  ['failure_mail: ops@example.lan', ['stack=app-pote-dev', 'mail=ops@example.lan', "hook=''"]],
  [`failure_hook: "echo it's $UNIT"`, ['stack=app-pote-dev', "mail=''", `hook='echo it'\\''s $UNIT'`]],
])('%j: who hears of a failure', (project, lines) => {
  const whole = `app_type: python\nenv_vars: {SMTP_HOST: mail.example.lan}\n${project}`;
  expect(fileOf('/etc/pvestack/failure.conf', whole).slice(1)).toEqual(lines);
  expect(fileOf('pvestack-failure@.service', whole)).toContain(
    'ExecStart=/usr/local/lib/pvestack/report-failure %i',
  );
});

test('nobody: no file', () => {
  expect(fileOf('/etc/pvestack/failure.conf', 'app_type: python')).toEqual([]);
});
