import type { Draft } from '../draft';
import type { Validation } from '../validation';

/** Options of base_os that only go together. */
export function checkBaseOs({ scope }: Draft, validation: Validation): void {
  const version = scope.find('node_version');
  const sum = scope.find('node_sha256');
  if (version && !sum && !validation.isRefused(version.path)) {
    validation.error(
      version.path,
      'has no checksum',
      `set node_sha256 beside it: the sum that ${sumsOf(scope.get('node_mirror'), version.value)} has for node-v${version.value}-linux-x64.tar.xz`,
    );
  }
  for (const name of ['node_sha256', 'node_mirror'] as const) {
    const found = scope.find(name);
    if (found && !version && !validation.isRefused(found.path)) {
      validation.error(found.path, 'is set without node_version', 'set node_version beside it, or remove it');
    }
  }
  const except = scope.find('no_proxy');
  if (except && !scope.find('proxy') && !scope.wasRefused('proxy') && !validation.isRefused(except.path)) {
    validation.error(except.path, 'is set without proxy', 'set proxy beside it, or remove it');
  }
  // A checksum is of one version: that of another level belongs to the version there.
  if (version && sum && sum.path.length < version.path.length && !validation.isRefused(version.path)) {
    validation.error(
      version.path,
      'has its checksum on another level, where it may belong to another version',
      'set node_sha256 beside it',
    );
  }
  const timezone = scope.find('timezone');
  if (timezone && !validation.isRefused(timezone.path) && !isKnownTimeZone(timezone.value)) {
    validation.warn(
      timezone.path,
      'is no known time zone, so base_os may fail',
      'write it as `timedatectl list-timezones` does, e.g. Europe/Berlin',
    );
  }
  const ports = scope.find('firewall_ports');
  const ufw = scope.find('ufw');
  if (
    ports &&
    !validation.isRefused(ports.path) &&
    ufw?.value === false &&
    ports.path.length >= ufw.path.length &&
    ports.value.length > 0
  ) {
    validation.error(ports.path, 'has no effect with ufw: false', 'remove it, or remove ufw: false');
  }
}

const zones = new Map<string, boolean>();

/** A name of the tz database, in its letters; one that is younger than this Node.js is not known. */
function isKnownTimeZone(name: string): boolean {
  const known = zones.get(name) ?? isZoneOfIcu(name);
  zones.set(name, known);
  return known;
}

function isZoneOfIcu(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // It takes any case, which file names do not; and answers an alias with another name.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

function sumsOf(mirror: string, version: string): string {
  return `${mirror.replace(/\/$/, '')}/v${version}/SHASUMS256.txt`;
}
