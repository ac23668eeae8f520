import { frame, Progress } from '../../cli/stacks/progress';

test('one live line for each stack: its step, the time, the last that was said', () => {
  const rows = [
    {
      name: 'app-pote-dev',
      step: 'base_os',
      word: 'changed  /etc/ssh/sshd_config.d/00-pvestack.conf',
      since: 0,
    },
    { name: 'app-shop', step: 'guest', word: '', since: 11_000 },
  ];
  expect(frame(rows, 12_400, 60)).toEqual([
    'app-pote-dev  base_os   12 s  changed  /etc/ssh/sshd_config',
    'app-shop      guest      1 s',
  ]);
});

test.each([
  ['on a terminal lines are written over', true, ['\u001b[2A\u001b[0J'], ['app-b  done']],
  ['elsewhere lines are plain, with the stack before them', false, [], ['app-a  base_os: ok', 'app-b  done']],
])('%s', (_what, isTerminal, erased, printed) => {
  const out: string[] = [];
  const raw: string[] = [];
  const progress = new Progress(
    {
      color: false,
      print: (text) => out.push(text),
      warn: () => undefined,
      ...(isTerminal ? { rewrite: (text: string) => void raw.push(text) } : {}),
    },
    true,
  );
  progress.step('app-a', 'base_os');
  progress.step('app-b', 'guest');
  progress.say('app-a', 'base_os: ok');
  progress.print('app-b  done');
  progress.end('app-a');
  progress.close();
  expect(out).toEqual(printed);
  expect(raw.filter((text) => text.includes('[2A')).slice(0, 1)).toEqual(erased);
  expect(raw.some((text) => text.includes('base_os: ok'))).toBe(isTerminal);
});
