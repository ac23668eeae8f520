/** A value in a plan's JSON. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** What would change of one resource. */
export interface ResourceChange {
  address: string;
  mode: string;
  type: string;
  name: string;
  /** Why, e.g. `replace_because_tainted`. */
  action_reason?: string;
  change: {
    actions: readonly string[];
    before: Value;
    after: Value;
    /** Of the same shape, true where a value is known only after the apply. */
    after_unknown?: Value;
    before_sensitive?: Value;
    after_sensitive?: Value;
    /** The attributes that make a replacement of it. */
    replace_paths?: readonly (readonly (string | number)[])[];
    importing?: { id?: string };
  };
}

/** What is read of `terraform show -json <plan>`. Source: Terraform, "JSON Output Format", plan representation. */
export interface PlanJson {
  /** Whether there is something to apply; older versions do not say. */
  applyable?: boolean;
  variables?: Readonly<Record<string, { value: Value }>>;
  configuration?: { root_module?: { variables?: Readonly<Record<string, { default?: Value }>> } };
  resource_changes?: readonly ResourceChange[];
  /** What somebody else changed since the last apply. */
  resource_drift?: readonly ResourceChange[];
  output_changes?: Readonly<Record<string, { actions: readonly string[] }>>;
  prior_state?: { values?: { root_module?: { resources?: readonly { address: string; values: Value }[] } } };
  checks?: readonly {
    status: string;
    instances?: readonly { problems?: readonly { message: string }[] }[];
  }[];
}

/**
 * What a plan would do: without what stays, and without what it only reads.
 * @param plan the plan
 * @returns the changes of managed resources
 */
export function changesOf(plan: PlanJson): ResourceChange[] {
  return (plan.resource_changes ?? []).filter(
    ({ mode, change }) =>
      mode === 'managed' &&
      (change.importing !== undefined || !['no-op', 'read'].includes(change.actions.join())),
  );
}

/**
 * Whether there is nothing to apply, in Terraform's own judgement.
 * @param plan the plan
 * @returns whether it is empty
 */
export function isEmpty(plan: PlanJson): boolean {
  if (plan.applyable !== undefined) return !plan.applyable;
  const outputs = Object.values(plan.output_changes ?? {}).some(({ actions }) => actions.join() !== 'no-op');
  return changesOf(plan).length === 0 && !outputs;
}

/**
 * A value within another one.
 * @param value the whole
 * @param names the way to it
 * @returns the value; undefined where there is none
 */
export function at(value: Value | undefined, ...names: readonly (string | number)[]): Value | undefined {
  let found = value;
  for (const name of names) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string | number, Value>>)[name];
  }
  return found;
}
