# Names in the order in which things were made. A clock that was ahead once would make all that comes after it old;
# a number of root's is given once, and never again.

# next_number COUNTER FOLDER: for a name nNUMBER-TIME in that folder. What lies there already counts as well, so that a
# lost counter repeats nothing.
next_number() {
  (
    umask 077
    flock 8
    {
      cat "$1" 2>/dev/null || true
      find "$2" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null |
        sed -n 's/^\(.*-\)\{0,1\}n\([0-9]\{6,9\}\)-[0-9]\{8\}T.*/\2/p'
    } | awk '$1 + 0 > last { last = $1 + 0 } END { printf "%06d\n", last + 1 }' >"$1.new"
    mv -f "$1.new" "$1"
    cat "$1"
  ) 8>>"$1.lock"
}

# newest_first: of such names. Those without a number are of the time before there were numbers.
newest_first() { LC_ALL=C sort -Vr; }
