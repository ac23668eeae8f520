import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import type { Construct } from 'constructs';
import type { Text } from '../inventory/text';
import { caCheck } from '../renderers/ca';

/** Says what to export where terraform would not trust `proxmox_ca_file`. */
export class CaCheck extends DataExternal {
  /**
   * @param scope a construct of a stack that has the external provider
   * @param id the data source's name
   * @param caFile the file, as seen from the stack's folder
   */
  constructor(scope: Construct, id: string, caFile: Text) {
    super(scope, id, { program: caCheck(caFile) });
  }
}
