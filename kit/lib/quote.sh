# What an application or its build printed, for a terminal and a pipeline's log: its last lines, of bounded length,
# without what steers a terminal, and without the values that only the application is to know.

# quoted LINES: the last of standard input.
quoted() {
  LC_ALL=C tail -c 65536 | plain | masked "$(env_files)" /etc/pvestack/deploy_key | LC_ALL=C tail -n "$1" | bounded
}

# env_files: all that hold values which only the application, or a step of its build, is to know.
env_files() {
  for file in ${env_file:+"$env_file" "$env_file".*} /etc/pvestack/install_env /etc/pvestack/proxy /etc/pvestack/build_env.*; do
    [ ! -f "$file" ] || printf '%s ' "$file"
  done
}

# plain: escape sequences as a whole; a carriage return begins a line (progress bars), other control characters go, with
# those that UTF-8 writes in two bytes.
plain() {
  LC_ALL=C tr '\r' '\n' | LC_ALL=C sed \
    -e "$(printf 's|\033\\[[0-9;:?<=>]*[ -/]*[@-~]||g')" \
    -e "$(printf 's/\033\\][^\007\033]*//g')" \
    -e "$(printf 's/\302[\200-\237]//g')" | LC_ALL=C tr -d '\000-\010\013-\037\177'
}

# masked ENV_FILES KEY_FILE: *** for each line of a value of six bytes or more, and for a password in a URL. Where the
# beginning is cut off there may be the rest of a value, so it goes.
masked() {
  LC_ALL=C awk -v env="$1" -v key="$2" '
    function mask(value) { if (length(value) >= 6 && !(value in known)) { known[value] = 1; values[++count] = value } }
    function add(value, at, rest) {
      mask(value)
      if ((at = index(value, "://")) == 0) return
      rest = substr(value, at + 3)
      if (!match(rest, /^[^\/@]*:[^\/]*@/)) return
      rest = substr(rest, 1, RLENGTH - 1)
      mask(substr(rest, index(rest, ":") + 1))
    }
    function plain_of(line) {
      gsub(/\\\\/, "\001", line)
      gsub(/\\/, "", line)
      gsub(/\001/, "\\", line)
      return line
    }
    BEGIN {
      files = split(env, file, " ")
      for (f = 1; f <= files; f++) while ((getline line < file[f]) > 0) {
        if (quote == "") {
          if (line !~ /^[A-Za-z_][A-Za-z0-9_]*=/) continue
          sub(/^[^=]*=/, "", line)
          quote = substr(line, 1, 1)
          if (quote == "\"" || quote == "\047") line = substr(line, 2)
          else quote = "none"
        }
        through = quote == "none" || substr(line, length(line)) == quote
        if (through && quote != "none") line = substr(line, 1, length(line) - 1)
        add(line)
        if (quote == "\"") add(plain_of(line))
        if (through) quote = ""
      }
      while ((getline line < key) > 0) if (line !~ /^-----/) mask(line)
      # A value that holds another one comes first.
      for (i = 2; i <= count; i++) {
        value = values[i]
        for (j = i - 1; j > 0 && length(values[j]) < length(value); j--) values[j + 1] = values[j]
        values[j + 1] = value
      }
    }
    {
      read += length($0) + 1
      lines[NR] = $0
    }
    END {
      for (n = 1; n <= NR; n++) {
        line = lines[n]
        for (i = 1; i <= count; i++) {
          done = ""
          while ((at = index(line, values[i])) > 0) {
            done = done substr(line, 1, at - 1) "***"
            line = substr(line, at + length(values[i]))
          }
          line = done line
        }
        lines[n] = line
      }
      # Whether tail cut is not known here, as control characters have left: a long text loses its beginning anyway.
      skip = read > 32768 ? 4096 : 0
      for (n = 1; n <= NR; n++) {
        if (skip >= length(lines[n]) + 1) { skip -= length(lines[n]) + 1; continue }
        print (skip > 0 ? "…" : "") substr(lines[n], skip + 1)
        skip = 0
      }
    }'
}

# bounded: no character is cut in two.
bounded() {
  LC_ALL=C awk 'length($0) > 500 { $0 = substr($0, 1, 500); sub(/[\300-\377]?[\200-\277]*$/, ""); $0 = $0 "…" } { print }'
}
