import * as formats from '../formats';
import { choice, decimal, flag, integer, required, text } from '../params';
import { parseProps, printProps, propFormat, type PropSchema } from '../propstring';
import { newMac } from '../mac';

/** The keys of a container's network interface (`net0`, …). */
export const NET: PropSchema = {
  keys: {
    name: required(text({ pattern: /^[-_.\w]+$/ })),
    bridge: text({ pattern: /^[-_.\w]+$/ }),
    firewall: flag(),
    gw: text({ format: formats.ipv4 }),
    gw6: text({ format: formats.ipv6 }),
    'host-managed': flag(),
    hwaddr: text({ format: formats.mac }),
    ip: text({ format: formats.ipv4Config }),
    ip6: text({ format: formats.ipv6Config }),
    link_down: flag(),
    mtu: integer(64, 65_535),
    rate: decimal(),
    tag: integer(1, 4094),
    trunks: text({ pattern: /^\d+(;\d+)*$/ }),
    type: choice('veth'),
  },
};

/** The declaration of `net[n]`. */
export const netSpec = text({ format: propFormat(NET) });

/**
 * A network interface as Proxmox stores it: name and bridge first, the rest sorted, with a type and a MAC
 * address; a new address is made where none was sent, also when an existing interface is changed.
 */
export function normaliseNet(value: string): string {
  const parsed = parseProps(NET, value, 'net');
  if ('error' in parsed) return value;
  const { props } = parsed;
  if (!props.has('hwaddr')) props.set('hwaddr', newMac());
  props.set('type', 'veth');
  return printProps(props, ['name', 'bridge']);
}
