import { TerraformDataSource, TerraformElement, TerraformResource } from 'cdktf';
import type { Node } from 'constructs';

/**
 * Names the elements of a stack by the last part of their path: CDKTF would add a hash to what is nested, and
 * these names are addresses in the state.
 */
export class LogicalIds {
  readonly #paths = new Map<string, string>();

  /**
   * The name of an element.
   * @param element the element, or its node
   * @returns the id that it has in its scope
   * @throws Error where another element of the same type has it already: Terraform would see only one of the two
   */
  allocate(element: TerraformElement | Node): string {
    if (!TerraformElement.isTerraformElement(element)) return (element as Node).id;
    const { id, path } = element.node;
    const key = `${typeOf(element)}.${id}`;
    const other = this.#paths.get(key) ?? path;
    if (other !== path) throw new Error(`${path} and ${other} are both ${key}: give one of them another id`);
    this.#paths.set(key, path);
    return id;
  }
}

/** What tells elements apart that may have the same id. */
function typeOf(element: TerraformElement): string {
  if (TerraformResource.isTerraformResource(element)) return element.terraformResourceType;
  if (TerraformDataSource.isTerraformDataSource(element)) return `data.${element.terraformResourceType}`;
  return element.constructor.name;
}
