import { distributionOf, hasApt } from '../distribution';
import type { Draft } from '../draft';
import type { Validation } from '../validation';

/** That a container is set up as the distribution it is, and that base_os can configure it. */
export function checkDistribution({ scope, guest, path }: Draft, validation: Validation): void {
  if (guest.get('proxmox_guest_type') !== 'lxc' || scope.get('state') === 'absent') return;
  const template = guest.find('lxc_ostemplate');
  const written = guest.find('lxc_ostype');
  const told = distributionOf(guest.get('lxc_ostemplate'));
  if (written && told && written.value !== told && !validation.isRefused(written.path)) {
    validation.warn(
      written.path,
      `is ${written.value}, but the template's name says ${told}: it may not read the network settings that Proxmox writes`,
      `write lxc_ostype: ${told}, or remove it`,
    );
  }
  const distribution = told ?? written?.value ?? 'debian';
  if (hasApt(distribution) || !scope.get('configure') || !guest.get('lxc_start_after_create')) return;
  validation.error(
    (told ? template : written)?.path ?? path,
    `is ${distribution}, which has no apt: nothing can be configured on such a guest`,
    'choose a template of Debian or Ubuntu, or set configure: false on the env',
  );
}
