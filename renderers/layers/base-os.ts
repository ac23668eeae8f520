import { canonical, isIpv6 } from '../../inventory/address';
import { literal } from '../../inventory/text';
import type { Env } from '../../inventory/types';
import type { Application } from '../application';
import { literalLines, renderGuestLines, textLines } from '../lines';
import { instances } from '../services';
import { shellQuote } from '../shell';
import type { TemplateSource } from '../template';
import { type GuestFile, type Layer, rootFile } from './layer';

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
        securityUpgrades: settings.securityUpgrades,
      }),
    );
  return {
    name: 'base_os',
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
      ...(settings.hardenSshd ? [file('/etc/ssh/sshd_config.d/00-pvestack.conf', 'sshd.conf')] : []),
    ],
    secretVariables: [],
    prove: true,
  };
}

/** What the layer's steps read, as assignments of a shell; of what is on or off only what is not as usual. */
function values({ baseOs }: Env, layers: readonly string[]): string[] {
  const off = (name: string, on: boolean): Record<string, string> => (on ? {} : { [name]: 'no' });
  const all: Record<string, string> = {
    layers: layers.join(' '),
    user: baseOs.user,
    timezone: baseOs.timezone,
    locale: baseOs.locale,
    ...off('harden_sshd', baseOs.hardenSshd),
    ...off('ufw', baseOs.ufw),
    ...off('security_upgrades', baseOs.securityUpgrades),
    ...(baseOs.removePackages ? { remove_packages: 'yes' } : {}),
    ...(baseOs.node
      ? {
          node_version: baseOs.node.version,
          node_sha256: baseOs.node.sha256,
          node_mirror: baseOs.node.mirror,
        }
      : {}),
  };
  return Object.entries(all).map(([name, value]) => `${name}=${shellQuote(value)}`);
}

/** Packages besides those of every guest, which kit/base_os/packages.sh names. */
function packages(env: Env, ofApp: readonly string[]): string[] {
  const own = [...new Set(ofApp)];
  const further = env.app.packages.filter((name) => !own.includes(literal(name) ?? ''));
  return [...literalLines(own), ...textLines(further)].sort();
}

/**
 * The rules of the guest's firewall, as `ufw show added` prints them after `ufw`.
 * Source: ufw(8), RULE SYNTAX.
 */
function firewallRules(env: Env, app: Application | undefined): string[] {
  const { openPorts = [], services = [] } = app ?? {};
  const own = services.flatMap(instances).flatMap(({ port }) => (port === undefined ? [] : [`${port}/tcp`]));
  const ports = openPorts.length > 0 ? openPorts : own;
  const rules = [`${env.ssh.port}/tcp`, ...ports, ...env.baseOs.firewallPorts].map((written) => {
    const [target = '', from] = written.split(' from ');
    const [port = '', protocol = 'tcp'] = target.split('/');
    return from === undefined
      ? `allow ${port}/${protocol}`
      : `allow from ${source(from)} to any port ${port} proto ${protocol}`;
  });
  return [...new Set(rules)];
}

/** An address or a network as ufw keeps it: one alone without its prefix, IPv6 in canonical form. */
function source(from: string): string {
  const [address = '', prefix] = from.split('/');
  const alone = prefix === undefined || prefix === (isIpv6(address) ? '128' : '32');
  return `${canonical(address)}${alone ? '' : `/${prefix}`}`;
}
