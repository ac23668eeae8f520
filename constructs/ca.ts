import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import type { TerraformStack } from 'cdktf';
import type { Text } from '../inventory/text';
import { caCheck } from '../renderers/ca';

/**
 * Says what to export where terraform would not trust `proxmox_ca_file`.
 * @param stack the stack; it has the external provider
 * @param caFile the file, as seen from the stack's folder
 */
export function checkCa(stack: TerraformStack, caFile: Text): void {
  new DataExternal(stack, 'data ca', { program: caCheck(caFile) }).overrideLogicalId('ca');
}
