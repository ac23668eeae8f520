import { literal, type Text } from '../../inventory/text';
import type { Env } from '../../inventory/types';
import { appTypeOf } from '../app-types';
import { toTemplate } from '../expression';
import { literalLines, renderGuestLines, type Lines } from '../lines';
import type { TemplateSource } from '../template';
import type { Layer, LayerName } from './layer';
import { UNDO } from './paths';

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
 * @param layers names of all layers of the env: what others put on the guest once leaves
 * @param source finds templates
 * @returns the layer
 */
export function baseOs(env: Env, layers: readonly LayerName[], source: TemplateSource): Layer {
  const { baseOs: settings } = env;
  const app = appTypeOf(env);
  const file = (path: string, mode: string, template: string, check?: string): Layer['files'][number] => ({
    path,
    mode,
    owner: 'root:root',
    ...(check === undefined ? {} : { check }),
    ...renderGuestLines(source, template, {
      user: settings.user,
      program: UNDO,
      securityUpgrades: settings.securityUpgrades,
    }),
  });
  return {
    name: 'base_os',
    settings: {
      'layers.wanted': literalLines(layers),
      'packages.wanted': packages(env, app?.packages(env) ?? []),
      'keys.wanted': texts(env.ssh.publicKeys),
      ...(settings.ufw ? { 'firewall.wanted': literalLines(firewallRules(env)) } : {}),
    },
    libraries: ['begin', 'apt'],
    before: renderGuestLines(source, 'base_os/before.sh.ejs', {
      removePackages: settings.removePackages,
      node: settings.node,
      nodeEndOfLife: env.app.type === 'node' && NODE_END_OF_LIFE,
      timezone: settings.timezone,
      locale: settings.locale,
      generateLocale: !/^(C|POSIX)/.test(settings.locale),
      user: settings.user,
    }),
    files: [
      file(`/etc/sudoers.d/pvestack-${settings.user}`, '0440', 'base_os/sudoers.ejs', 'visudo -cqf'),
      file('/etc/apt/apt.conf.d/52pvestack-upgrades', '0644', 'base_os/apt-upgrades.conf.ejs'),
      file(UNDO, '0755', 'base_os/undo.sh.ejs'),
      file('/etc/systemd/system/pvestack-undo.service', '0644', 'base_os/undo.service.ejs'),
      ...(settings.hardenSshd
        ? [file('/etc/ssh/sshd_config.d/00-pvestack.conf', '0644', 'base_os/sshd.conf.ejs')]
        : []),
    ],
    secrets: [],
    secretVariables: [],
    after: renderGuestLines(source, 'base_os/after.sh.ejs', {
      hardenSshd: settings.hardenSshd,
      ufw: settings.ufw,
    }),
    prove: renderGuestLines(source, 'base_os/prove.sh.ejs'),
  };
}

function packages(env: Env, ofApp: readonly string[]): Lines {
  const own = [
    ...PACKAGES,
    ...(env.baseOs.ufw ? ['ufw'] : []),
    ...(env.baseOs.securityUpgrades ? ['unattended-upgrades'] : []),
    ...ofApp,
  ];
  const known = new Set(own);
  const further = env.app.packages.filter((name) => !known.has(literal(name) ?? ''));
  const lines = texts([...[...known].map((name): Text => ({ parts: [name], secret: false })), ...further]);
  return { ...lines, lines: lines.lines.sort() };
}

function texts(values: readonly Text[]): Lines {
  return {
    lines: values.map(toTemplate),
    dynamic: values.some((value) => literal(value) === undefined),
  };
}

/**
 * The rules of the guest's firewall, as `ufw show added` prints them after `ufw`.
 * Source: ufw(8), RULE SYNTAX.
 */
function firewallRules(env: Env): string[] {
  const ports = (appTypeOf(env)?.services(env) ?? []).map(({ port }) => `${port}/tcp`);
  const rules = ['22/tcp', ...ports, ...env.baseOs.firewallPorts].map((written) => {
    const [target = '', from] = written.split(' from ');
    const [port = '', protocol = 'tcp'] = target.split('/');
    return from === undefined
      ? `allow ${port}/${protocol}`
      : `allow from ${from.replace(/\/32$/, '')} to any port ${port} proto ${protocol}`;
  });
  return [...new Set(rules)];
}
