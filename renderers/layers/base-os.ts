import { literal, type Text } from '../../inventory/text';
import type { Env } from '../../inventory/types';
import type { Application } from '../application';
import { literalLines, renderGuestLines, textLines } from '../lines';
import { shellQuote } from '../shell';
import type { TemplateSource } from '../template';
import { type GuestFile, type Layer, rootFile } from './layer';
import { KIT, unitPath } from './paths';

/** Debian packages of every guest. */
const PACKAGES = [
  'ca-certificates',
  'cron',
  'curl',
  'git',
  'iproute2',
  'jq',
  'locales',
  'openssh-server',
  'sudo',
  'tzdata',
];

/**
 * Node.js versions that their makers no longer mend: Debian 12 has 18, Debian 13 has 20.
 * Source: nodejs.org, Releases, "End-of-life".
 */
const NODE_END_OF_LIFE: readonly number[] = [12, 14, 16, 18, 20];

/**
 * The system of a guest: packages, the operators' user, keys, sshd, firewall, upgrades, time zone and locale.
 * @param env the env
 * @param app its application, if it has one
 * @param layers names of all layers of the env: what others put on the guest once leaves
 * @param source finds templates
 * @returns the layer
 */
export function baseOs(
  env: Env,
  app: Application | undefined,
  layers: readonly string[],
  source: TemplateSource,
): Layer {
  const { baseOs: settings } = env;
  const file = (path: string, template: string): GuestFile =>
    rootFile(
      path,
      renderGuestLines(source, `base_os/${template}.ejs`, {
        user: settings.user,
        program: `${KIT}/undo`,
        securityUpgrades: settings.securityUpgrades,
      }),
    );
  return {
    name: 'base_os',
    version: '1',
    lists: {
      firewall: settings.ufw ? literalLines(firewallRules(env, app)) : [],
      keys: textLines(env.ssh.publicKeys),
      packages: packages(env, app?.packages ?? []),
      values: literalLines(values(env, layers)),
    },
    files: [
      {
        ...file(`/etc/sudoers.d/pvestack-${settings.user}`, 'sudoers'),
        mode: '0440',
        check: 'visudo -cqf',
      },
      file('/etc/apt/apt.conf.d/52pvestack-upgrades', 'apt-upgrades.conf'),
      file(unitPath('pvestack-undo.service'), 'undo.service'),
      ...(settings.hardenSshd ? [file('/etc/ssh/sshd_config.d/00-pvestack.conf', 'sshd.conf')] : []),
    ],
    secretVariables: [],
    prove: true,
  };
}

/** What the layer's steps read, as assignments of a shell. */
function values({ app, baseOs }: Env, layers: readonly string[]): string[] {
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  const all: Record<string, string> = {
    layers: layers.join(' '),
    user: baseOs.user,
    timezone: baseOs.timezone,
    locale: baseOs.locale,
    harden_sshd: yes(baseOs.hardenSshd),
    ufw: yes(baseOs.ufw),
    remove_packages: yes(baseOs.removePackages),
    node_version: baseOs.node?.version ?? '',
    ...(baseOs.node ? { node_sha256: baseOs.node.sha256, node_mirror: baseOs.node.mirror } : {}),
    node_end_of_life: app.type === 'node' && !baseOs.node ? NODE_END_OF_LIFE.join(' ') : '',
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value === '' ? '' : shellQuote(value)}`);
}

function packages(env: Env, ofApp: readonly string[]): string[] {
  const own = [
    ...PACKAGES,
    ...(env.baseOs.ufw ? ['ufw'] : []),
    ...(env.baseOs.securityUpgrades ? ['unattended-upgrades'] : []),
    ...ofApp,
  ];
  const known = new Set(own);
  const further = env.app.packages.filter((name) => !known.has(literal(name) ?? ''));
  return textLines([
    ...[...known].map((name): Text => ({ parts: [name], secret: false })),
    ...further,
  ]).sort();
}

/**
 * The rules of the guest's firewall, as `ufw show added` prints them after `ufw`.
 * Source: ufw(8), RULE SYNTAX.
 */
function firewallRules(env: Env, app: Application | undefined): string[] {
  const ports = (app?.services ?? []).map(({ port }) => `${port}/tcp`);
  const rules = ['22/tcp', ...ports, ...env.baseOs.firewallPorts].map((written) => {
    const [target = '', from] = written.split(' from ');
    const [port = '', protocol = 'tcp'] = target.split('/');
    return from === undefined
      ? `allow ${port}/${protocol}`
      : `allow from ${from.replace(/\/32$/, '')} to any port ${port} proto ${protocol}`;
  });
  return [...new Set(rules)];
}
