import type { Text } from '../inventory/text';
import { template, toTemplate } from './expression';

/**
 * The program that tells whether terraform's own environment trusts `proxmox_ca_file`: planner/trust.sh.
 * @param caFile the file, as seen from the stack's folder
 * @returns the program of an `external` data source
 */
export function caCheck(caFile: Text): string[] {
  return ['env', `CA_FILE=${toTemplate(caFile)}`, '/bin/sh', `${template('path.module')}/trust.sh`];
}

/**
 * The endpoint of a provider that waits for that check. Only so is its message the first one: else the provider
 * asks the API before, and all that a user reads is "certificate signed by unknown authority".
 * @param url the URL; undefined: PROXMOX_VE_ENDPOINT
 * @returns an expression
 */
export function checkedEndpoint(url: string | undefined): string {
  const known = url === undefined ? 'null' : `"${url}"`;
  return `\${data.external.ca.result.trusted == "yes" ? ${known} : null}`;
}
