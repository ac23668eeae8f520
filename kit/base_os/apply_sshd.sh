# apply_sshd: lets sshd read its settings anew; connections that stand are kept.
apply_sshd() {
  if systemctl is-active --quiet ssh.socket; then
    # systemd holds the port: a reload would bind it again and end sshd. Where it starts one for each connection there
    # is nothing to restart.
    systemctl try-restart ssh.service
  elif systemctl is-active --quiet ssh.service; then
    systemctl reload ssh.service
  fi
}
