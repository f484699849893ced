#!/bin/sh
# A night at the magnetometer: watch a folder, and fit each file again whenever rows have come.
#
#     sh examples/watch_folder.sh /data/tonight
#
# A line for each fit tells the time, the file, the exit status and the verdict; glasspara-results/ below the working
# folder always holds the latest result of every file. INTERVAL is the time between two looks in seconds (60), ROUNDS
# their number (0: until the script is stopped), OPTIONS further options of glasspara fit, GLASSPARA the program.
set -eu
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: sh $0 FOLDER" >&2; exit 2; }
folder=$1
GLASSPARA=${GLASSPARA:-glasspara}
OPTIONS=${OPTIONS:-}
INTERVAL=${INTERVAL:-60}
ROUNDS=${ROUNDS:-0}

# The time of the last look is that of an empty file: find -newer compares with it.
looks=$(mktemp -d)
trap 'rm -rf "$looks"' EXIT
trap 'exit 130' INT TERM

fit() {
    code=0
    # shellcheck disable=SC2086  # OPTIONS are several words
    said=$("$GLASSPARA" fit "$1" $OPTIONS 2>&1) || code=$?
    verdict=$(printf '%s\n' "$said" | sed -n -e 's/^Verdict: //p' -e 's/^error: //p' | sed -n 1p)
    printf '%s  %s  %s  %s\n' "$(date +%H:%M:%S)" "$1" "$code" "$verdict"
}

round=0
while :; do
    # Before the look: a file that grows meanwhile is newer than this, and comes again.
    touch "$looks/this"
    if [ -e "$looks/last" ]; then
        find "$folder" -type f -name '*.dat' -newer "$looks/last" >"$looks/found"
    else
        find "$folder" -type f -name '*.dat' >"$looks/found"
    fi
    sort "$looks/found" >"$looks/sorted"
    while IFS= read -r file; do
        fit "$file"
    done <"$looks/sorted"
    mv "$looks/this" "$looks/last"
    round=$((round + 1))
    [ "$round" -eq "$ROUNDS" ] && break
    sleep "$INTERVAL"
done
