import { TerraformResource } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * The address of a resource in the configuration and in the state.
 * @param resource the resource
 * @returns e.g. `null_resource.kit`
 */
export function addressOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}

/**
 * The resources of a construct, data sources aside.
 * @param scope the construct
 * @returns their addresses
 */
export function addressesIn(scope: IConstruct): string[] {
  return scope.node
    .findAll()
    .filter((node) => TerraformResource.isTerraformResource(node))
    .map(addressOf);
}
