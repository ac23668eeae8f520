import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { markUsed, removeUnused } from './cache';
import { runCommand } from './command';
import { grantIds, ID_COUNT } from './ids';
import { debianSources, type Machine } from './machine';

/** The contents of a container template. */
export interface Base {
  /** Debian release, e.g. `bookworm`. */
  readonly suite: string;
  /** Packages besides the usual ones. */
  readonly include?: readonly string[];
}

/** What a guest needs to boot and to be reached: a minimal Debian with systemd, ifupdown and sshd. */
const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'iputils-ping',
  'ca-certificates',
  'ifupdown',
  'cron',
  'procps',
  'kmod',
  'netbase',
];

const RELEASES: readonly [RegExp, string][] = [
  [/^debian-12-standard_/, 'bookworm'],
  [/^debian-13-standard_/, 'trixie'],
];

/** How long building an image may take. */
const BUILD_MS = 30 * 60_000;

/** The folder for base images and packages. */
export function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'proxmox-emulator');
}

/** Finishes the image: what belongs to one guest goes, what a container cannot do is masked. */
const FINISH = `
set -eu
root=$1
rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/apt/sources.list.d/* "$root"/etc/ssh/ssh_host_* \\
  "$root"/etc/resolv.conf "$root"/etc/hostname
printf '%s\\n' "$SOURCES" >"$root"/etc/apt/sources.list
printf '%s\\n' "$APT_OPTIONS" >"$root"/etc/apt/apt.conf.d/80machine
: >"$root"/etc/machine-id
ln -sf /dev/null "$root"/etc/systemd/system/sys-kernel-debug.mount
if [ -n "$CERTIFICATES" ]; then
  printf '%s\\n' "$CERTIFICATES" | awk -v to="$root"/usr/local/share/ca-certificates '
    /BEGIN CERTIFICATE/ { n++ }
    n { print >(to "/machine-" n ".crt") }'
  chroot "$root" update-ca-certificates >/dev/null
fi
`;

/** Runs in mount and PID namespaces of its own; $1: work folder, $2: the image to make. */
const BUILD = `
set -eu
if [ -e "$2" ]; then exit 0; fi
mount -t tmpfs -o mode=755 tmpfs "$1"
export TMPDIR="$1"
printf '%s' "$FINISH" >"$1/finish.sh"
printf '%s\\n' "$APT_OPTIONS" "Acquire::http::Proxy \\"$PROXY\\";" "Acquire::https::Proxy \\"$PROXY\\";" >"$1/apt.conf"
mmdebstrap --mode=root --variant=apt --include="$PACKAGES" --aptopt="$1/apt.conf" \\
  --customize-hook="sh $1/finish.sh \\"\\$1\\"" "$SUITE" "$1/base.tar.zst" - <<SOURCES
$SOURCES
SOURCES
cp "$1/base.tar.zst" "$2.part"
mv "$2.part" "$2"
`;

/** Installs packages into an image, without their recommendations; $1: work folder, $2: the image to make, $3: from. */
const ADD = `
set -eu
if [ -e "$2" ]; then exit 0; fi
mount -t tmpfs -o mode=755 tmpfs "$1"
root=$1/root
mkdir "$root"
zstd -dc "$3" | tar --numeric-owner --xattrs --xattrs-include='*' -C "$root" -xpf -
mount -t proc proc "$root/proc"
mkdir -p "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# Nothing may start here.
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \\
    apt-get -q -o "Acquire::http::Proxy=$PROXY" -o "Acquire::https::Proxy=$PROXY" -o Acquire::Languages=none "$@"
}
inside update
# shellcheck disable=SC2086
inside install -y --no-install-recommends $PACKAGES
inside clean
umount "$root/dev/shm" "$root/proc"
rm -rf "$root"/usr/sbin/policy-rc.d "$root"/var/lib/apt/lists/* "$root"/etc/ssh/ssh_host_* "$root"/dev/shm
: >"$root/etc/machine-id"
tar --numeric-owner --xattrs --xattrs-include='*' -C "$root" -cf - . | zstd -q -T0 -o "$2.part" -f
mv "$2.part" "$2"
`;

/** Unpacks an image with its users shifted; $1: work folder, $2: folder to make, $3: image, $4: shift. */
const UNPACK = `
set -eu
if [ -e "$2" ]; then exit 0; fi
mount -t tmpfs -o mode=755 tmpfs "$1"
${grantIds('"$1/subid"')}
rm -rf "$2.part"
mkdir "$2.part"
chown "$4:$4" "$2.part"
cd "$2.part"
unpack='exec tar --numeric-owner --exclude="./dev/*" --xattrs --xattrs-include="*" -xpf -'
if [ "$4" = 0 ]; then
  zstd -dc "$3" | sh -c "$unpack"
else
  # In a user namespace the kernel itself writes shifted owners and file capabilities.
  zstd -dc "$3" | lxc-usernsexec -m "b:0:$4:${String(ID_COUNT)}" -- sh -c "$unpack"
fi
[ -e "$2.part/etc/os-release" ]
mv "$2.part" "$2"
`;

/** What base images are made with. */
interface BasesOptions {
  /** How to get packages. */
  readonly machine: Machine;
  /** The folder for images. */
  readonly cache: string;
  /** Further templates, by file name. */
  readonly extra: Readonly<Record<string, Base>>;
  /** URL of a proxy through which this machine gets packages. */
  readonly proxy: string;
  /** Gets a line when something takes long. */
  readonly log: (line: string) => void;
  /** Ends what is being built. */
  readonly signal?: AbortSignal;
}

/** Base images of guests: built once, kept in a cache, shared by all labs of the machine. */
export class Bases {
  private readonly ready = new Map<string, Promise<string>>();

  constructor(private readonly options: BasesOptions) {}

  /** What a template (`local:vztmpl/debian-12-standard_….tar.zst`) stands for. @throws Error when there is no such base */
  find(ostemplate: string): Base {
    const name = ostemplate.slice(ostemplate.lastIndexOf('/') + 1);
    const suite = RELEASES.find(([shape]) => shape.test(name))?.[1];
    const base = this.options.extra[name] ?? (suite === undefined ? undefined : { suite });
    if (base) return base;
    throw new Error(
      `the lxc driver has no base image for the template '${name}': use debian-12-standard_… or debian-13-standard_…`,
    );
  }

  /**
   * The root file system of a template; the first time it is built, which takes a minute.
   * @param shift first id of the guest's users: `ID_SHIFT`, or 0 for a privileged guest.
   * @returns its folder, which must not be changed
   */
  rootfs(base: Base, shift: number): Promise<string> {
    const key = `${this.key(base)}-${String(shift)}`;
    let folder = this.ready.get(key);
    if (!folder) {
      folder = this.make(base, shift);
      this.ready.set(key, folder);
      folder.catch(() => this.ready.delete(key));
    }
    return folder;
  }

  private sources(base: Base): string[] {
    const lines = debianSources(this.options.machine.aptSources, this.options.machine.codename, base.suite);
    if (lines.length > 0) return lines;
    throw new Error(`/etc/apt of this machine names no Debian archive from which ${base.suite} could be had`);
  }

  private key(base: Base): string {
    const parts = [
      PACKAGES,
      [...(base.include ?? [])].sort(),
      this.sources(base),
      this.options.machine.aptOptions,
    ];
    const hash = createHash('sha256')
      .update(JSON.stringify([parts, this.options.machine.certificates, FINISH, BUILD, ADD, UNPACK]))
      .digest('hex');
    return `${base.suite}-${hash.slice(0, 16)}`;
  }

  /** Runs a script alone on this machine (other labs wait), in namespaces that end with this process. */
  private async alone(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const lock = join(this.options.cache, 'lock');
    const endWithUs = ['setpriv', '--pdeathsig', 'KILL'];
    const own = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
    const command = [...endWithUs, 'flock', '--no-fork', lock, ...own, 'sh', '-c', script, 'sh', ...args];
    await runCommand(command, {
      env: { ...process.env, ...env },
      timeoutMs: BUILD_MS,
      signal: this.options.signal,
    });
  }

  /** A folder for the scripts to mount their own on. */
  private work(): string {
    const folder = join(this.options.cache, 'work');
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  private async make(base: Base, shift: number): Promise<string> {
    const folder = join(this.options.cache, `${this.key(base)}-${String(shift)}`);
    const image = await this.image(base);
    if (existsSync(folder)) return folder;
    await this.alone(UNPACK, [this.work(), folder, image, String(shift)]);
    return folder;
  }

  /** The image of a base: a bare one is made from packages alone, others from the bare one. @returns its file */
  private async image(base: Base): Promise<string> {
    const { cache, machine, proxy } = this.options;
    const image = join(cache, `${this.key(base)}.tar.zst`);
    if (existsSync(image)) {
      markUsed(image);
      return image;
    }
    const { suite, include = [] } = base;
    const bare = include.length === 0 ? undefined : await this.image({ suite });
    const what = `the base image of ${suite}${bare === undefined ? '' : ` with ${include.join(', ')}`}`;
    const env = {
      SUITE: suite,
      PACKAGES: bare === undefined ? PACKAGES.join(',') : include.join(' '),
      SOURCES: this.sources(base).join('\n'),
      APT_OPTIONS: machine.aptOptions.join('\n'),
      CERTIFICATES: machine.certificates.join('\n'),
      FINISH,
      PROXY: proxy,
    };
    const work = this.work();
    removeUnused(cache);
    this.options.log(`building ${what}: once, it takes a minute or two`);
    try {
      if (bare === undefined) await this.alone(BUILD, [work, image], env);
      else await this.alone(ADD, [work, image, bare], env);
    } catch (error) {
      const said = (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(-5);
      throw new Error(`${what} could not be built: ${said.join(' | ')}`, { cause: error });
    }
    return image;
  }
}
