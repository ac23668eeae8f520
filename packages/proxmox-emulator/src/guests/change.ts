import { digestOf } from '../digest';
import type { Call } from '../endpoint';
import { badParameters, failure } from '../errors';
import type { Guest } from '../model';
import { specFor, splitList, type ParamSpecs, type Value } from '../params';

/** What a request wants changed in a configuration. */
interface Change {
  readonly set: ReadonlyMap<string, Value>;
  readonly remove: readonly string[];
  /** Options whose waiting change is to be forgotten. */
  readonly revert: readonly string[];
}

/** The parameters of a request that are options of a guest. */
export function optionsOf(call: Call, options: ParamSpecs): Map<string, Value> {
  return new Map([...call.params].filter(([name]) => specFor(options, name) !== undefined));
}

/**
 * Reads what a request wants changed.
 * @param options those that a guest can have
 * @param clash the complaint about an option that is set and deleted (or reverted) at once
 * @throws ApiError 400 for contradictions and unknown options, 500 where nothing is to be changed
 */
export function readChange(
  call: Call,
  options: ParamSpecs,
  clash: (option: string, kind: string) => string,
): Change {
  const set = optionsOf(call, options);
  const remove = splitList(call.str('delete') ?? call.str('idlist') ?? '');
  const revert = splitList(call.str('revert') ?? '');
  for (const [kind, names] of Object.entries({ delete: remove, revert })) {
    for (const option of names) {
      if (set.has(option)) throw badParameters({ [kind]: clash(option, kind) });
      if (!specFor(options, option)) throw badParameters({ [kind]: `unknown option '${option}'` });
    }
  }
  if (set.size + remove.length + revert.length === 0) throw failure('no options specified');
  return { set, remove, revert };
}

/** @throws ApiError 500 when the configuration is not the one that the caller has read */
export function checkDigest(call: Call, guest: Guest): void {
  const digest = call.str('digest');
  if (digest !== undefined && digest !== digestOf(guest)) {
    throw failure('detected modified configuration - file changed by other user? Try again.');
  }
}

/**
 * Notes a change as one that waits.
 * @param stored an option's value as Proxmox keeps it; undefined when an empty value means that the option goes away
 */
export function note(
  guest: Guest,
  change: Change,
  stored: (option: string, value: Value) => Value | undefined,
): void {
  for (const option of change.revert) {
    guest.pending.delete(option);
    guest.pendingDelete.delete(option);
  }
  for (const option of change.remove) {
    guest.pending.delete(option);
    guest.pendingDelete.add(option);
  }
  for (const [option, value] of change.set) {
    const kept = stored(option, value);
    guest.pendingDelete.delete(option);
    if (kept === undefined) guest.pendingDelete.add(option);
    else guest.pending.set(option, kept);
  }
}
