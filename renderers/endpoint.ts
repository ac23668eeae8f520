import { literal, type Text } from '../inventory/text';
import type { ProxmoxApi } from '../inventory/types';
import { template, toExpression } from './expression';

/**
 * The URL of the Proxmox API, without a path.
 * @param host host name, address or https URL, with or without a port
 * @param port the port where the host has none
 * @returns e.g. `https://pve.example.lan:8006`; for a reference the expression that makes it
 */
export function endpoint(host: Text, port: number): string {
  const known = literal(host);
  if (known !== undefined) {
    const bare = known.replace(/^https:\/\//, '').replace(/\/$/, '');
    return `https://${/:\d+$/.test(bare) ? bare : `${bare}:${port}`}`;
  }
  const bare = `trimsuffix(trimprefix(${toExpression(host)}, "https://"), "/")`;
  return `https://${template(`can(regex(":[0-9]+$", ${bare})) ? ${bare} : "\${${bare}}:${port}"`)}`;
}

/**
 * How a stack names that URL: written out, or by the local value that holds the expression.
 * @param api how the API is reached
 * @returns the URL or `${local.endpoint}`; undefined: PROXMOX_VE_ENDPOINT
 */
export function endpointReference({
  host,
  port,
}: Omit<ProxmoxApi, 'host'> & { host?: Text }): string | undefined {
  if (!host) return undefined;
  return literal(host) === undefined ? '${local.endpoint}' : endpoint(host, port);
}
