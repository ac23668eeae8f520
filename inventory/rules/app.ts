import type { Path } from '../document';
import type { Draft } from '../draft';
import { featuresOf, kindsOf } from '../part';
import { appKeys } from '../schema/app';
import type { Found, Keys, Scope } from '../scope';
import type { Validation } from '../validation';
import { resolveServices } from '../services';
import { checkServices } from './services';

/** The application of an env: its kind, its features, and that nothing is set that is for another kind. */
export function checkApp(draft: Draft, validation: Validation): void {
  const { scope, registry } = draft;
  // A type that was refused may have been meant to be any.
  const type = scope.wasRefused('app_type') ? undefined : scope.get('app_type');
  const kinds = kindsOf(registry);
  const kind = kinds.find(({ name }) => name === type);
  const features = featuresOf(registry);

  const all: Scope<Keys> = scope;
  const refuse = (keys: Keys, what: string, fix: (key: string) => string): void => {
    for (const key of Object.keys(keys)) {
      const found = all.find(key);
      if (found && !validation.isRefused(found.path)) validation.error(found.path, what, fix(key));
    }
  };
  for (const { name, keys } of kinds) {
    if (type === undefined || name === type) continue;
    const fix = `remove it, or set app_type: ${name}`;
    refuse(keys, `is for app_type: ${name} only`, (key) => kind?.instead?.[key] ?? fix);
  }
  if (type === 'none') {
    const fix = `remove it, or set app_type: ${kinds.map(({ name }) => name).join(' or ')}`;
    const what = 'is for an application, and app_type: none has none';
    // Data may lie on any guest.
    const keys = Object.fromEntries(Object.entries(appKeys).filter(([key]) => key !== 'data'));
    for (const each of [...features.map((part) => part.keys), keys]) refuse(each, what, () => fix);
  }

  const parts = [...(kind ? [kind] : []), ...(type === 'none' ? [] : features)];
  const of = kind?.services;
  const listening = type === 'none' ? [] : checkServices(draft, of, validation);
  const listened = listening.flatMap(({ first, last, found }) =>
    found ? range(first, last, found.path) : [],
  );
  // Written for a service that may come later, too.
  const written = scope.find('backend_port');
  const ports = [
    ...listened,
    ...(written && !listened.some(({ value }) => value === written.value) ? [written] : []),
  ];
  const sshPort = scope.get('ssh_port');
  for (const path of new Set(ports.filter(({ value }) => value === sshPort).map((port) => port.path))) {
    if (!validation.isRefused(path)) {
      validation.error(path, "is SSH's port", 'choose another port');
    }
  }
  const withKey = scope.find('install_with_deploy_key');
  if (withKey?.value === true && !scope.find('git_deploy_key') && type !== 'none') {
    validation.error(
      withKey.path,
      'needs a deploy key',
      'write git_deploy_key: "{{ vault_git_deploy_key }}", or remove it',
    );
  }
  const services = type === 'none' ? [] : resolveServices(scope, of, validation);
  for (const part of parts) part.check?.({ scope, ports, services, validation });
}

function range(first: number, last: number, path: Path): Found<number>[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ value: first + index, path }));
}
