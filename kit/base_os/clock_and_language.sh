# Time zone and locale.

# set_timezone: $timezone
set_timezone() {
  [ -f "/usr/share/zoneinfo/$timezone" ] || die "there is no time zone $timezone on this guest (timezone in the inventory)"
  note symlink /etc/localtime "/usr/share/zoneinfo/$timezone"
  if [ "$(readlink /etc/localtime || true)" = "/usr/share/zoneinfo/$timezone" ]; then
    unchanged "time zone $timezone"
  else
    ln -sfn "/usr/share/zoneinfo/$timezone" /etc/localtime.pvestack.new
    mv -fT /etc/localtime.pvestack.new /etc/localtime
    # Debian 12 has it, Debian 13 no more.
    if [ -e /etc/timezone ]; then printf '%s\n' "$timezone" >/etc/timezone; fi
    # cron reads the time zone when it starts.
    systemctl try-restart cron
    changed "time zone $timezone"
  fi
}

# set_locale: $locale, generated where it is not built in.
set_locale() {
  case $locale in C* | POSIX*) ;; *) generate_locale ;; esac
  if grep -qxF "LANG=$locale" /etc/default/locale 2>/dev/null; then
    unchanged "locale $locale"
  else
    update-locale "LANG=$locale"
    changed "locale $locale"
  fi
}

generate_locale() {
  charset=$(awk -v name="$locale" '$1 == name { print $2; exit }' /usr/share/i18n/SUPPORTED)
  [ -n "$charset" ] || die "there is no locale $locale on this guest (locale in the inventory; see /usr/share/i18n/SUPPORTED)"
  by=found
  if grep -qxF "locale	$locale $charset	ours" "$work/before" || ! grep -qxF "$locale $charset" /etc/locale.gen; then by=ours; fi
  note locale "$locale $charset" "$by"
  grep -qxF "$locale $charset" /etc/locale.gen || printf '%s\n' "$locale $charset" >>/etc/locale.gen
  if [ "$(LC_ALL=$locale locale charmap 2>/dev/null)" != "$charset" ]; then
    locale-gen >"$work/locale.log" 2>&1 || die "locale-gen failed: $(tail -n 3 "$work/locale.log")"
    changed "locale $locale is generated"
  fi
}
