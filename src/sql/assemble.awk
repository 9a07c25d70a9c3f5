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

# What is replaced keeps its rights. A REVOKE in a script would have the server take whatever a DBA
# has granted meanwhile for a right that the extension began with, and dumps would leave it out.
match($0, /^REVOKE ALL ON (FUNCTION|PROCEDURE|TABLE) @extschema@\.[a-z0-9_]+/) {
    revoked = substr($0, 1, RLENGTH)
    sub(/.*\./, "", revoked)
    if (revoked in known) {
        next
    }
}

made in known {
    sub(/^CREATE /, "CREATE OR REPLACE ")
}

{ print }
