import * as z from 'zod';
import { RULES } from '../values/rules';
import { bool, checked, filled, key, message, whole } from './fields';

/** The hardware address of an interface. */
export const macAddress = z
  .string()
  .refine(
    (value) =>
      /^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/.test(value) && (parseInt(value.slice(0, 2), 16) & 1) === 0,
    message(
      'is not a unicast MAC address',
      'write six pairs of hex digits, the first pair even: "BC:24:11:00:00:01"',
    ),
  )
  .meta({ editor: { pattern: '^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$' } });

/** One interface besides the first. */
export const networkSchema = z.strictObject({
  bridge: key(checked(RULES.bridge), {
    description: 'The bridge that it is connected to.',
    otherwise: 'as `guest.bridge`',
  }),
  vlan: key(whole(1, 4094, 'VLAN'), { description: 'VLAN tag.' }),
  ip: key(z.string(), { description: 'IPv4 address with prefix; this, `ip6` or both.' }),
  gateway: key(z.string(), { description: 'IPv4 gateway; a guest has one, on one interface.' }),
  ip6: key(z.string(), { description: 'IPv6 address with prefix, `auto` or `dhcp`.' }),
  gateway6: key(z.string(), { description: 'IPv6 gateway; a guest has one, on one interface.' }),
  firewall: filled(bool(), { description: "Proxmox's firewall on it.", default: true }),
  mtu: key(whole(576, 65_535, 'MTU'), { description: 'MTU.' }),
  mac_address: key(macAddress, { description: 'MAC address.', otherwise: 'Proxmox chooses one' }),
});
