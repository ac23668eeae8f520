import type { Text } from '../inventory/text';
import { escapeLiteral, toTemplate } from './expression';
import { renderLines, type TemplateSource } from './template';

/**
 * The program that tells whether terraform's own environment trusts `proxmox_ca_file`; see templates/ca.sh.ejs.
 * @param caFile the file, as seen from the stack's folder
 * @param source finds the template
 * @returns its lines, as Terraform reads them, and its environment
 */
export function caCheck(
  caFile: Text,
  source: TemplateSource,
): { lines: string[]; environment: Record<string, string> } {
  return {
    lines: renderLines(source, 'ca.sh.ejs', {}).map(escapeLiteral),
    environment: { CA_FILE: toTemplate(caFile) },
  };
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
