import type { Draft } from '../draft';
import { FEATURES } from '../features/registry';
import { KINDS } from '../kinds/registry';
import type { Feature, Kind } from '../part';
import { appKeys } from '../schema/app';
import type { levelKeys } from '../schema/inventory';
import type { Keys } from '../scope';
import type { Validation } from '../validation';

const SSH_PORT = 22;

/** The parts as what all of them have in common sees them. */
type AnyKind = Kind<Keys, unknown>;
const kinds = Object.entries<AnyKind>(KINDS);
const features = Object.entries<Feature<Keys, unknown>>(FEATURES);

const NO_APPLICATION = 'is for an application, and app_type: none has none';
const REMOVE = `remove it, or set app_type: ${kinds.map(([name]) => name).join(' or ')}`;

/** The application of an env: its kind, its features, and that nothing is set that is for another kind. */
export function checkApp({ scope }: Draft, validation: Validation): void {
  // A type that was refused may have been meant to be any.
  const type = scope.wasRefused('app_type') ? undefined : scope.get('app_type');
  const kind = kinds.find(([name]) => name === type)?.[1];

  const refuse = (keys: Keys, what: string, fix: (key: string) => string): void => {
    for (const key of Object.keys(keys) as (keyof typeof levelKeys)[]) {
      const found = scope.find(key);
      if (found && !validation.isRefused(found.path)) validation.error(found.path, what, fix(key));
    }
  };
  for (const [name, other] of kinds) {
    if (type === undefined || name === type) continue;
    const fix = `remove it, or set app_type: ${name}`;
    refuse(other.keys, `is for app_type: ${name} only`, (key) => kind?.instead?.[key] ?? fix);
  }

  const ports = [scope.find('backend_port'), ...(kind?.ports?.(scope) ?? [])].filter(
    (port) => port !== undefined,
  );
  for (const { value, path } of ports) {
    if (value === SSH_PORT && !validation.isRefused(path)) {
      validation.error(path, "is SSH's port", 'choose another port');
    }
  }
  kind?.check?.({ scope, ports, validation });
  for (const [, feature] of features) {
    if (type === 'none') refuse(feature.keys, NO_APPLICATION, () => REMOVE);
    else feature.check?.({ scope, ports, validation });
  }
  if (type !== 'none') return;
  // Data may lie on any guest.
  const keys = Object.fromEntries(Object.entries(appKeys).filter(([key]) => key !== 'data'));
  refuse(keys, NO_APPLICATION, () => REMOVE);
}
