import { isIPv4, isIPv6 } from 'node:net';
import { splitList } from './params';

/** A check of one value: the complaint in the API's words, or undefined. */
type Format = (value: string, name: string) => string | undefined;

const DNS_LABELS = /^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/;

function simple(good: (value: string) => boolean, wrong: string): Format {
  return (value) => (good(value) ? undefined : `${wrong}\n`);
}

/** Applies a check to each part of a list. */
export function listOf(format: Format): Format {
  return (value, name) => {
    for (const part of splitList(value)) {
      const wrong = format(part, name);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

function isPrefix(text: string | undefined, maximum: number): boolean {
  return text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= maximum;
}

/** An IPv4 address with its prefix length. */
function isCidr4(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  return rest.length === 0 && isIPv4(address) && isPrefix(prefix, 32);
}

/** An IPv6 address with its prefix length. */
function isCidr6(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  return rest.length === 0 && isIPv6(address) && isPrefix(prefix, 128);
}

/** 100 and up. */
export const vmid: Format = simple((v) => /^[1-9]\d{2,8}$/.test(v), 'value does not look like a valid VM ID');
/** Host names, with dots. */
export const dnsName: Format = simple((v) => DNS_LABELS.test(v), 'value does not look like a valid DNS name');
/** IPv4 or IPv6 address. */
export const ip: Format = simple(
  (v) => isIPv4(v) || isIPv6(v),
  'value does not look like a valid IP address',
);
/** Nameservers: addresses, or `host` to take those of the node. */
export const nameserver: Format = simple(
  (v) => v === 'host' || isIPv4(v) || isIPv6(v.split('%')[0] ?? ''),
  'value does not look like a valid IP address',
);
/** Gateway, IPv4. */
export const ipv4: Format = simple((v) => isIPv4(v), 'value does not look like a valid IPv4 address');
/** Gateway, IPv6. */
export const ipv6: Format = simple((v) => isIPv6(v), 'value does not look like a valid IPv6 address');
/** `dhcp`, `manual` or an address with prefix. */
export const ipv4Config: Format = simple(
  (v) => v === 'dhcp' || v === 'manual' || isCidr4(v),
  'value does not look like a valid ipv4 network configuration',
);
/** `auto`, `dhcp`, `manual` or an address with prefix. */
export const ipv6Config: Format = simple(
  (v) => v === 'auto' || v === 'dhcp' || v === 'manual' || isCidr6(v),
  'value does not look like a valid ipv6 network configuration',
);
/** A MAC address whose multicast bit is not set. */
export const mac: Format = simple(
  (v) => /^[a-f0-9][02468ace](:[a-f0-9]{2}){5}$/i.test(v),
  'value does not look like a valid unicast MAC address',
);
/** One tag. */
export const tag: Format = simple((v) => /^[a-z0-9_][a-z0-9_\-+.]*$/i.test(v), 'invalid characters in tag');
/** A storage's name. */
export const storageId: Format = (v) =>
  /^[a-z][a-z0-9\-_.]*[a-z0-9]$/i.test(v) ? undefined : `storage ID '${v}' contains illegal characters\n`;
/** A node's name. */
export const node: Format = simple(
  (v) => /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(v),
  'value does not look like a valid node name',
);
/** The name of an option, as `delete` and `revert` take it. */
export const configId: Format = (v) =>
  /^[a-z][a-z0-9_-]+$/i.test(v) ? undefined : `invalid configuration ID '${v}'\n`;
/** Boot order: `order=1,up=2,down=3`, or the order alone. */
export const startup: Format = simple(
  (v) => v.split(',').every((part) => /^((order=)?\d+|up=\d+|down=\d+)$/.test(part.trim())),
  'unable to parse startup options',
);
/** The name of a pool. */
export const poolId: Format = (v) =>
  /^[A-Za-z0-9\-_]+(\/[A-Za-z0-9\-_]+){0,2}$/.test(v)
    ? undefined
    : `pool name '${v}' contains invalid characters\n`;

const KEY_TYPES =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Whether every line is an OpenSSH public key (options in front of the type are allowed). */
export function validSshKeys(keys: string): boolean {
  return keys
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .every((line) => {
      const words = line.split(/\s+/);
      const at = words.findIndex((word) => KEY_TYPES.test(word));
      return at !== -1 && /^[A-Za-z0-9+/]+={0,3}$/.test(words[at + 1] ?? '');
    });
}
