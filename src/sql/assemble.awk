# Puts a script of the extension together: awk -f assemble.awk FILE...
#
# Of files in src/sql/released only what they make is read. What one of them has made, and the
# script itself has not dropped, is replaced by the script; everything else it makes anew, so that
# it takes over nothing that somebody has put there under one of its names.

FNR == 1 {
    released = FILENAME ~ /\/released\//
    if (!released && written++) {
        print ""
    }
}

{
    made = ""
    if (match($0, /^CREATE (FUNCTION|PROCEDURE|VIEW) @extschema@\.[a-z0-9_]+/)) {
        made = substr($0, 1, RLENGTH)
        sub(/.*\./, "", made)
    } else if (match($0, /^DROP (FUNCTION|PROCEDURE|VIEW) @extschema@\.[a-z0-9_]+/)) {
        dropped = substr($0, 1, RLENGTH)
        sub(/.*\./, "", dropped)
        delete known[dropped]
    }
}

released {
    if (made != "") {
        known[made]
    }
    next
}

made in known {
    sub(/^CREATE /, "CREATE OR REPLACE ")
}

{ print }
