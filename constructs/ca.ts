import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { TerraformLocal, type TerraformStack } from 'cdktf';
import type { Text } from '../inventory/text';
import { caCheck } from '../renderers/ca';
import type { TemplateSource } from '../renderers/template';

/**
 * Says what to export where terraform would not trust `proxmox_ca_file`.
 * @param stack the stack; it has the external provider
 * @param caFile the file, as seen from the stack's folder
 * @param source finds the template
 */
export function checkCa(stack: TerraformStack, caFile: Text, source: TemplateSource): void {
  const { lines, environment } = caCheck(caFile, source);
  new TerraformLocal(stack, 'local ca', lines).overrideLogicalId('ca');
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const check = new DataExternal(stack, 'data ca', {
    program: ['env', ...settings, '/bin/sh', '-c', '${join("\\n", local.ca)}'],
  });
  check.overrideLogicalId('ca');
}
