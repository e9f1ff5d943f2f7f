#!/bin/sh
# check_layers.sh - read every #include against the tables of docs/design.md section 3.
#
# SPDX-License-Identifier: MIT
#
# usage: tools/check_layers.sh [project folder]
# Prints one line per forbidden include and exits 1, or one line saying all is well.
set -eu
root=${1:-$(dirname "$0")/..}
cd "$root"

folders=
for folder in src include tests fuzz examples bench; do
    if [ -d "$folder" ]; then
        folders="$folders $folder"
    fi
done

# shellcheck disable=SC2086 # the folder names are ours and have no spaces
find $folders \( -name '*.[ch]' -o -name '*.inc' \) -type f | LC_ALL=C sort | {
    files=
    while read -r file; do
        files="$files $file"
    done
    # shellcheck disable=SC2086
    awk '
function bad(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    n_bad++
}
# the layer a file lives in; "" for tests, fuzz targets and examples
function layer_of(file,   part) {
    split(file, part, "/")
    if (part[1] == "src") {
        return part[2]
    }
    if (part[1] == "include") {
        return owner[part[3]]
    }
    return ""
}
# docs/design.md: the three fenced blocks
FILENAME == "docs/design.md" {
    if ($1 ~ /^```/) {
        is_block = !is_block
        block = is_block ? substr($1, 4) : ""
        next
    }
    if (block == "layers" && NF > 1) {
        known[$1] = 1
        n_layer++
        allowed[$1, $1] = 1
        for (i = 2; i <= NF; i++) {
            allowed[$1, $i] = 1
        }
    } else if (block == "public-headers" && NF > 1) {
        for (i = 2; i <= NF; i++) {
            owner[$i] = $1
        }
    } else if (block == "outside-headers" && NF > 1) {
        home[$1] = $2
    }
    next
}
FNR == 1 {
    n_file++
    layer = layer_of(FILENAME)
    is_src = (FILENAME ~ /^(src|include)\//)
    if (is_src && !(layer in known)) {
        bad("\"" layer "\" is not a layer of docs/design.md")
    }
}
/^[ \t]*#[ \t]*include/ {
    line = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
    quote = substr(line, 1, 1)
    if (quote != "\"" && quote != "<") {
        bad("an include must name its file")
        next
    }
    name = substr(line, 2)
    sub(/[">].*$/, "", name)
    n_include++

    # another project: does this folder keep it? (tests may use any)
    for (h in home) {
        if (FILENAME !~ /^(tests|fuzz)\// && index(name, h) == 1 &&
            index(FILENAME, home[h] "/") != 1) {
            bad(name " belongs in " home[h])
        }
    }
    split(name, part, "/")
    if (part[1] == "dnadna") {
        if (!(part[2] in owner)) {
            bad(name " has no layer in docs/design.md")
            next
        }
        target = owner[part[2]]
    } else if (quote == "\"" && part[1] in known) {
        target = part[1]
    } else if (quote == "\"" && is_src && !(part[1] "/" in home)) {
        bad("\"" name "\" must be named from src/: \"<layer>/<file>.h\"")
        next
    } else {
        next # the system, or a test helper
    }
    if (FILENAME ~ /^include\// && part[1] != "dnadna") {
        bad("a public header includes " name ", which is not installed")
    } else if (FILENAME ~ /^examples\// && part[1] != "dnadna") {
        bad("an example includes " name ", which is not public")
    } else if (is_src && !((layer, target) in allowed)) {
        bad(layer " may not include " name " (" target ")")
    }
}
END {
    if (n_layer == 0) {
        print "docs/design.md: no block ```layers"
        exit 1
    }
    if (n_bad > 0) {
        exit 1
    }
    printf "%d includes in %d files keep to the %d layers\n", n_include, n_file, n_layer
}' docs/design.md $files
}
