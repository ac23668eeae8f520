import * as z from 'zod';
import { canonical, isIpv4, isIpv6, networkOf, splitAddress } from '../address';
import { RULES } from '../values/rules';
import { bool, key, message, plain, plainBy, urlWithPassword } from './fields';

/** A rule of the firewall: `443`, `443/tcp`, `53/udp`, `5432/tcp from 10.0.10.0/24`. */
const RULE = /^(\d{1,5})(?:\/(tcp|udp))?(?: from ([0-9A-Fa-f.:]+(?:\/\d{1,3})?))?$/;

const rule = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z
    .string()
    .refine(
      (value) => {
        const port = Number(RULE.exec(value)?.[1] ?? 0);
        return port >= 1 && port <= 65535;
      },
      message('is not a firewall rule', 'write e.g. 443, "53/udp" or "5432/tcp from 10.0.10.0/24"'),
    )
    .refine(
      (value) => isNetwork(RULE.exec(value)?.[3]),
      message(
        'comes from no network',
        'write an address or the first one of its network, e.g. 10.0.10.7, 10.0.10.0/24 or fd00:0:0:10::/64',
      ),
    ),
);

/** Whether an address with or without prefix has no bits beyond the prefix: ufw cuts them, and 0/0 says nothing. */
function isNetwork(from: string | undefined): boolean {
  if (from === undefined) return true;
  const isWide = from.includes('/');
  const { address, prefix } = splitAddress(isWide ? from : `${from}/${isIpv6(from) ? 128 : 32}`);
  if (!isIpv4(address) && !isIpv6(address)) return false;
  return (
    prefix >= 1 &&
    prefix <= (isIpv6(address) ? 128 : 32) &&
    networkOf(address, prefix).network === canonical(address)
  );
}

/** What the layer base_os does, besides `packages` and `ssh_public_keys`; for every level. */
export const baseOsKeys = {
  app_user: key(
    plain(
      /^(?!(root|app)$)[a-z_][a-z0-9_-]{0,31}$/,
      'is not a name for the operators’ user',
      'write e.g. appuser (`app` is the user that the application runs as)',
    ),
    { description: "The operators' user on the guest, with passwordless sudo.", default: 'appuser' },
  ),
  timezone: key(
    plain(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'is not a time zone', 'write e.g. Europe/Berlin'),
    { description: 'Time zone of the guest.', default: 'Etc/UTC' },
  ),
  locale: key(
    plain(
      /^(C|POSIX|[a-z]{2,3}_[A-Z]{2})(\.[A-Za-z0-9-]+)?(@[a-z]+)?$/,
      'is not a locale',
      'write e.g. C.UTF-8 or de_DE.UTF-8',
    ),
    { description: 'LANG of the guest; generated where Debian does not have it.', default: 'C.UTF-8' },
  ),
  security_upgrades: key(bool(), {
    description: 'Security upgrades are installed every day (unattended-upgrades); false switches them off.',
    default: true,
  }),
  harden_sshd: key(bool(), {
    description: 'sshd takes keys only, root included; false takes that back.',
    default: true,
  }),
  ufw: key(bool(), {
    description:
      "The guest's own firewall: SSH, the application's ports and `firewall_ports`, and what others add there by hand. `false` switches off what this tool switched on.",
    default: true,
  }),
  firewall_ports: key(z.array(rule), {
    description: 'Further ports to open: `443`, `"53/udp"`, `"5432/tcp from 10.0.10.0/24"`.',
    default: [],
  }),
  remove_packages: key(bool(), {
    description: 'Whether a package that left `packages` is removed, if this tool installed it.',
    default: false,
  }),
  apt_sources_required: key(bool(), {
    description:
      'Whether a package source of the guest that cannot be read stops a deploy that installs packages; false: it goes on with what the other sources have, and a warning names that one.',
    default: true,
  }),
  proxy: key(urlWithPassword(RULES.proxy, 'vault_proxy_password'), {
    description:
      'URL of the http proxy by which the guest fetches packages, tools and repositories, and builds what they install; a password in it is a vault reference. Nothing that runs sees it.',
  }),
  no_proxy: key(
    z.array(
      plain(
        /^(\.?[A-Za-z0-9][A-Za-z0-9.-]*|[0-9A-Fa-f]*:[0-9A-Fa-f:]*)$/,
        'is neither a host nor a domain',
        'write e.g. git.example.lan, .example.lan or 10.0.10.7',
      ),
    ),
    {
      description: 'Hosts and domains that are reached without the proxy, besides the guest itself.',
      default: [],
    },
  ),
  node_version: key(
    plainBy((value) => {
      if (/^\d{2}\.\d{1,3}\.\d{1,3}$/.test(value)) return undefined;
      const meant = /^v(\d{2}\.\d{1,3}\.\d{1,3})$/.exec(value)?.[1];
      return {
        what: 'is not a version of Node.js',
        fix: meant ? `write "${meant}"` : 'write three numbers, e.g. "24.9.0"',
      };
    }),
    { description: "Node.js as nodejs.org publishes it, instead of Debian's. Needs `node_sha256`." },
  ),
  node_sha256: key(
    plain(
      /^[0-9a-f]{64}$/,
      'is not a SHA-256 sum',
      'write the 64 hex digits that SHASUMS256.txt of that version has for linux-x64.tar.xz',
    ),
    { description: 'Checksum of `node-v<version>-linux-x64.tar.xz`.' },
  ),
  node_mirror: key(
    plainBy((value) => {
      if (/^[a-z]+:\/\/[^/]*@/.test(value))
        return { what: 'holds credentials', fix: 'write a mirror that needs none' };
      if (/^https?:\/\/[A-Za-z0-9.:/_-]+$/.test(value)) return undefined;
      return { what: 'is not a URL', fix: 'write e.g. https://nodejs.org/dist' };
    }),
    { description: 'Where the archive of Node.js is fetched from.', default: 'https://nodejs.org/dist' },
  ),
};
