import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import type { Construct } from 'constructs';
import type { Text } from '../inventory/text';
import { caCheck } from '../renderers/ca';
import type { TemplateSource } from '../renderers/template';
import { Locals } from './locals';

/** What the check of a CA is made from. */
interface CaCheckProps {
  /** The file, as seen from the stack's folder. */
  caFile: Text;
  /** Finds the template. */
  source: TemplateSource;
}

/** Says what to export where terraform would not trust `proxmox_ca_file`. */
export class CaCheck extends DataExternal {
  /**
   * @param scope a construct of a stack that has the external provider
   * @param id the data source's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { caFile, source }: CaCheckProps) {
    const { lines, environment } = caCheck(caFile, source);
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    super(scope, id, { program: ['env', ...settings, '/bin/sh', '-c', '${join("\\n", local.ca)}'] });
    new Locals(this, 'locals', { ca: lines });
  }
}
