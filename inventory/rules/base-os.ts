import type { Draft } from '../resolve';
import type { Validation } from '../validation';

/** Options of base_os that only go together. */
export function checkBaseOs({ scope }: Draft, validation: Validation): void {
  const version = scope.find('node_version');
  const sum = scope.find('node_sha256');
  if (version && !sum && !validation.isRefused(version.path)) {
    validation.error(
      version.path,
      'has no checksum',
      `set node_sha256 beside it: the sum that ${sumsOf(scope.get('node_mirror', 'https://nodejs.org/dist'), version.value)} has for node-v${version.value}-linux-x64.tar.xz`,
    );
  }
  for (const name of ['node_sha256', 'node_mirror'] as const) {
    const found = scope.find(name);
    if (found && !version && !validation.isRefused(found.path)) {
      validation.error(found.path, 'is set without node_version', 'set node_version beside it, or remove it');
    }
  }
  // A checksum is of one version: that of another level belongs to the version there.
  if (version && sum && sum.path.length < version.path.length && !validation.isRefused(version.path)) {
    validation.error(
      version.path,
      'has its checksum on another level, where it may belong to another version',
      'set node_sha256 beside it',
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

function sumsOf(mirror: string, version: string): string {
  return `${mirror.replace(/\/$/, '')}/v${version}/SHASUMS256.txt`;
}
