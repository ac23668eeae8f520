# The deploy key for what an install fetches over ssh (install_with_deploy_key): an agent signs with it, and who installs
# cannot read it. The agent is the build user's, as it answers no other user; it lets no process of that user look into
# it. What an install runs may have it sign as long as the install goes on, and not after.
agent=$builds/agent

open_agent() {
  systemd-run --quiet --unit=pvestack-step-agent.service --uid=app-build --gid=app-build \
    -p "RuntimeMaxSec=${build_timeout:-1800}" -p StandardOutput=null ssh-agent -D -a "$agent"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ ! -S "$agent" ] || break
    sleep 0.1
  done
  SSH_AUTH_SOCK=$agent timeout 10 ssh-add -q /etc/pvestack/deploy_key || {
    close_agent
    return 1
  }
}

close_agent() {
  systemctl stop pvestack-step-agent.service 2>/dev/null || true
  rm -f "$agent"
}

# ssh_of_install: ssh for git, without the path of the key.
ssh_of_install() {
  if [ -f /etc/pvestack/known_hosts ]; then
    echo 'ssh -o BatchMode=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/pvestack/known_hosts -o GlobalKnownHostsFile=/dev/null'
  else
    echo 'ssh -o BatchMode=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=accept-new'
  fi
}
