/** One network interface of a container, as its configuration says. */
export interface Nic {
  /** Number of the option: 0 for `net0`. */
  readonly index: number;
  /** Name inside, e.g. `eth0`. */
  readonly name: string;
  readonly mac: string;
  readonly bridge?: string;
  readonly tag?: string;
  /** `10.0.10.101/24`, `dhcp` or `manual`. */
  readonly ip?: string;
  readonly gateway?: string;
  /** A prefix, `dhcp`, `auto` or `manual`. */
  readonly ip6?: string;
  readonly gateway6?: string;
  readonly mtu?: string;
  readonly down: boolean;
}

const BEGIN = '# --- BEGIN PVE ---';
const END = '# --- END PVE ---';

/** Puts a marked section into a file's text, in place of the one that is there. */
export function withSection(text: string, section: readonly string[]): string {
  const lines = text.split('\n');
  const from = lines.indexOf(BEGIN);
  const to = lines.indexOf(END);
  const rest = from >= 0 && to > from ? [...lines.slice(0, from), ...lines.slice(to + 1)] : lines;
  const kept = rest.join('\n').replace(/^\n+|\n+$/g, '');
  const marked = section.length > 0 ? [BEGIN, ...section, END] : [];
  return `${[...(kept === '' ? [] : [kept]), ...marked].join('\n')}\n`;
}

/** The section of /etc/hosts that names the guest itself. */
export function hostsSection(
  hostname: string,
  domain: string | undefined,
  address: string | undefined,
): string[] {
  const [short = hostname] = hostname.split('.');
  const full = hostname.includes('.') ? hostname : domain === undefined ? undefined : `${hostname}.${domain}`;
  const names = full === undefined ? hostname : `${full} ${short}`;
  return [
    '127.0.0.1 localhost.localnet localhost',
    '::1 localhost.localnet localhost',
    `${address ?? '127.0.1.1'} ${names}`,
  ];
}

/** The section of /etc/resolv.conf. */
export function resolverSection(servers: readonly string[], domain: string | undefined): string[] {
  return [
    ...(domain === undefined ? [] : [`search ${domain}`]),
    ...servers.map((one) => `nameserver ${one}`),
  ];
}

function family(nic: Nic, inet: 'inet' | 'inet6'): string[] {
  const address = inet === 'inet' ? nic.ip : nic.ip6;
  const gateway = inet === 'inet' ? nic.gateway : nic.gateway6;
  if (address === undefined || address === 'manual')
    return inet === 'inet' ? [`iface ${nic.name} inet manual`] : [];
  if (address === 'dhcp' || address === 'auto') return [`iface ${nic.name} ${inet} ${address}`];
  return [
    `iface ${nic.name} ${inet} static`,
    `\taddress ${address}`,
    ...(gateway === undefined ? [] : [`\tgateway ${gateway}`]),
  ];
}

/** The text of /etc/network/interfaces: Proxmox owns the interfaces that it knows, other stanzas are kept. */
export function interfacesFile(text: string, nics: readonly Nic[]): string {
  const ours = new Set(['lo', ...nics.map((nic) => nic.name)]);
  const stanzas = text.split(/\n(?=(?:auto|allow-\S+|iface|source\S*|mapping)\b)|\n\s*\n/);
  const others = stanzas.filter((stanza) => {
    const [word = '', name = ''] = stanza.trim().split(/\s+/);
    if (word === '') return false;
    return !(
      (word === 'auto' || word === 'iface' || word.startsWith('allow-')) &&
      (ours.has(name) || /^eth\d+$/.test(name))
    );
  });
  const blocks = [
    'auto lo\niface lo inet loopback',
    ...nics.map((nic) => [`auto ${nic.name}`, ...family(nic, 'inet'), ...family(nic, 'inet6')].join('\n')),
    ...others.map((stanza) => stanza.trimEnd()),
  ];
  return `${blocks.join('\n\n')}\n`;
}
