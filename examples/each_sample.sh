#!/bin/sh
# One file a sample: fit each, and put what matters into one table.
#
#     sh examples/each_sample.sh measured/*.dat > samples.csv
#
# Where a sample file stands beside the data (BK7.toml beside BK7.dat), it is used. OPTIONS holds further options of
# glasspara fit, GLASSPARA the program if it is not on the PATH. Each result is in glasspara-results/ below the working
# folder. A file that cannot be read, or a fit that is not to be trusted, is a row like any other: see exit_status
# (glasspara fit -h). This script ends with 6 if any was not 0.
set -eu
GLASSPARA=${GLASSPARA:-glasspara}
OPTIONS=${OPTIONS:-}

# Value and error of a parameter in parameters.csv; two empty cells where the fit has none.
number() {
    awk -F, -v name="$1" '$4 == name { print $6 "," $7; found = 1; exit } END { if (!found) print "," }' "$2"
}

printf 'file,exit_status,status,ats_established,chi_larmor_emu_per_g_Oe,chi_larmor_error,n_fe_per_g,n_fe_error,'
printf 'ats_strength_per_g,ats_strength_error,results\n'

worst=0
for file; do
    sample=${file%.*}.toml
    [ -f "$sample" ] && set -- --sample "$sample" || set --
    code=0
    # shellcheck disable=SC2086  # OPTIONS are several words
    said=$("$GLASSPARA" fit "$file" "$@" $OPTIONS 2>&1 >/dev/null) || code=$?
    printf '%s\n' "$said" >&2
    results=$(printf '%s\n' "$said" | sed -n 's/^wrote [0-9]* files* to //p')
    if [ -n "$results" ]; then
        status=$(awk -F, '$4 == "chi_larmor" { print $3 }' "$results/parameters.csv")
        established=$(sed -n 's/^ *"ats_established": \([a-z]*\).*/\1/p' "$results/report.json" | tail -n 1)
        printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$file" "$code" "$status" "$established" \
            "$(number chi_larmor "$results/parameters.csv")" "$(number n_fe "$results/parameters.csv")" \
            "$(number ats_strength "$results/parameters.csv")" "$results"
    else
        printf '%s,%s,,,,,,,,,\n' "$file" "$code"
    fi
    [ "$code" -eq 0 ] || worst=6
done
exit "$worst"
