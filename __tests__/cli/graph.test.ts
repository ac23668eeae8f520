import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { page } from '../../cli/graph/html';
import { mermaid } from '../../cli/graph/mermaid';
import { readYaml } from '../renderers/envs';
import { command, describeWith } from '../support/requirements';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';

const { envs } = readYaml(`
proxmox_node: pve
app_projects:
  shop:
    app_type: none
    envs:
      dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}
      prod: {name: shop-prod, vmid: 302, ip: 10.0.10.32/24, gateway: 10.0.10.1, proxmox_node: pve2}
`);

test('as a flowchart', () => {
  expect(mermaid(envs)).toBe(`flowchart LR
  subgraph node0["node pve"]
    app-shop-dev["app-shop-dev<br/>lxc 301, 10.0.10.31"]
  end
  subgraph node1["node pve2"]
    app-shop-prod["app-shop-prod<br/>lxc 302, 10.0.10.32"]
  end
  network0(["10.0.10.0/24<br/>251 free, next 10.0.10.33"])
  app-shop-dev --- network0
  app-shop-prod --- network0`);
});

describe('as a page', () => {
  let folder: string;
  beforeEach(() => {
    folder = enterFolder();
  });
  afterEach(() => {
    leaveFolder(folder);
  });

  test('it loads nothing, and all stacks and networks are in it', async () => {
    expect((await pvestack(['graph', '--html', 'stacks.html'])).out).toBe('stacks.html: 5 stacks\n');
    const html = readFileSync(path.join(folder, 'stacks.html'), 'utf8');
    expect(html).not.toMatch(/https?:|src=|<link|@import|url\(/);
    for (const words of ['app-pote-dev', 'app-projecta-prod', '10.0.10.0/24', 'next 10.0.10.114'])
      expect(html).toContain(words);
  });

  test('what is in the inventory is text in it', () => {
    const [env] = envs;
    if (!env) throw new Error('no env');
    const hostile = { ...env, hostname: '<img src=x onerror=alert(1)>"\'&' };
    const html = page([hostile]);
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;');
  });
});

const browser = ['chromium', 'google-chrome'].find((name) => command(name).met()) ?? 'chromium';
describeWith([command(browser)], 'the page in a browser', () => {
  test('a search leaves what has all its words', async () => {
    const folder = enterFolder();
    try {
      await pvestack(['graph', '--html', 'stacks.html']);
      const url = `file://${path.join(folder, 'stacks.html')}#pote%20prod`;
      const dom = execFileSync(browser, ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', url], {
        encoding: 'utf8',
      });
      const shown = [...dom.matchAll(/<li class="stack"([^>]*)><b>([^<]*)/g)]
        .filter(([, attributes = '']) => !/ hidden/.test(attributes))
        .map(([, , stack]) => stack);
      expect(shown).toEqual(['app-pote-prod']);
      expect(dom).toContain('1 of 5');
    } finally {
      leaveFolder(folder);
    }
  });
});
