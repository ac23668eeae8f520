# What pvestack's layers base_os, app and release do, as a deploy of pyinfra: the same as ../ansible/site.yml, with its
# own operations where it has them. Data of a host: see ../contestants/pyinfra.js.
from io import StringIO

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import apt, files, git, server, systemd

PARTS = {"backend": host.data.backend_port, "frontend": host.data.frontend_port}
ENV_FILE = f"/srv/app/.env.{host.data.app_env}"

apt.update(name="Package lists", cache_time=86400)
apt.packages(
    name="Packages",
    packages=[
        *["git", "curl", "nodejs", "npm", "ufw", "ca-certificates"],
        *["cron", "jq", "unattended-upgrades", "sudo"],
    ],
    no_recommends=True,
)

server.user(name="User appuser", user="appuser", shell="/bin/bash", create_home=True)
files.put(
    name="Sudo without a password for appuser",
    src=StringIO("appuser ALL=(ALL) NOPASSWD:ALL\n"),
    dest="/etc/sudoers.d/appuser",
    mode="440",
)
for user in ("appuser", "root"):
    server.user_authorized_keys(
        name=f"Keys of {user}", user=user, public_keys=host.data.ssh_public_keys
    )

sshd = files.put(
    name="Hardened sshd",
    src=StringIO(
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
    ),
    dest="/etc/ssh/sshd_config.d/00-hardened.conf",
    mode="644",
)
systemd.service(
    name="Reload sshd", service="ssh", reloaded=True, _if=sshd.did_change
)
files.put(
    name="Security upgrades",
    src=StringIO(
        'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
    ),
    dest="/etc/apt/apt.conf.d/52upgrades",
    mode="644",
)
files.link(
    name="Time zone",
    path="/etc/localtime",
    target="/usr/share/zoneinfo/Etc/UTC",
    force=True,
    force_backup=False,
)

# It has no operation for ufw: what is missing is told from what ufw says.
rules = (host.get_fact(Command, command="ufw show added 2>/dev/null || true") or "").split("\n")
missing = [
    f"ufw allow {port}/tcp"
    for port in (22, *PARTS.values())
    if f"ufw allow {port}/tcp" not in rules
]
if missing:
    server.shell(name="Open ports", commands=missing)
status = host.get_fact(Command, command="ufw status verbose 2>/dev/null || true") or ""
if "Status: active" not in status or "deny (incoming)" not in status:
    server.shell(
        name="Firewall on", commands=["ufw default deny incoming", "ufw --force enable"]
    )

server.user(
    name="User of the application",
    user="app",
    system=True,
    home="/var/lib/app",
    shell="/usr/sbin/nologin",
    ensure_home=False,
)
for path, owner in (
    ("/srv/app", "root"),
    ("/srv/app/src", "app"),
    ("/var/lib/app", "app"),
):
    files.directory(name=f"Folder {path}", path=path, user=owner, group=owner, mode="755")

changes = [
    files.template(
        name="Environment",
        src="../templates/env.j2",
        dest=ENV_FILE,
        user="root",
        group="app",
        mode="640",
        env_vars=host.data.env_vars,
    )
]
for part, port in PARTS.items():
    changes.append(
        files.template(
            name=f"Unit of the {part}",
            src="../templates/app.service.j2",
            dest=f"/etc/systemd/system/app-{part}.service",
            mode="644",
            part=part,
            port=port,
            app_env=host.data.app_env,
        )
    )

as_app = {"_sudo": True, "_sudo_user": "app"}
checkout = git.repo(
    name="The branch",
    src=host.data.repo,
    dest="/srv/app/src",
    branch=host.data.branch,
    **as_app,
)
changes.append(checkout)
server.shell(
    name="Dependencies, migrations and build",
    commands=[
        f"set -a && . {ENV_FILE} && export HOME=/var/lib/app && cd /srv/app/src"
        " && (cd backend && npm ci && npm run migrate) && (cd frontend && npm ci && npm run build)"
    ],
    _if=checkout.did_change,
    **as_app,
)


def changed():
    return any(change.did_change() for change in changes)


for part in PARTS:
    systemd.service(
        name=f"Restart the {part}",
        service=f"app-{part}",
        restarted=True,
        daemon_reload=True,
        _if=changed,
    )
server.shell(
    name="Healthy",
    commands=[
        "curl -fsS -o /dev/null --retry 30 --retry-delay 1 --retry-connrefused"
        f" http://127.0.0.1:{PARTS['backend']}/health"
    ],
    _if=changed,
)
for part in PARTS:
    systemd.service(
        name=f"Service {part}", service=f"app-{part}", running=True, enabled=True
    )
