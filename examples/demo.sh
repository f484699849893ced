#!/bin/sh
# The main job on the bundled synthetic campaigns. Usage: BIN=.venv/bin sh examples/demo.sh
set -eu
BIN=${BIN:-.venv/bin}
OUT=${OUT:-demo-output}

say() { printf '\n== %s\n' "$*"; }

say "What is in a file (glasspara inspect)"
"$BIN/glasspara" inspect fixtures/bk7-fixed-field/BK7-synthetic_MT_20000Oe.rso.dat

say "Nine M(T) runs of BK7 (synthetic), fitted together (glasspara fit)"
"$BIN/glasspara" fit fixtures/bk7-fixed-field/*.dat --out "$OUT/fit" --force

say "Do they share one curve of H/T? (glasspara universality)"
"$BIN/glasspara" universality fixtures/bk7-fixed-field/*.dat --out "$OUT/universality" --force

say "The same question for a sample without tunnelling currents (synthetic)"
"$BIN/glasspara" universality fixtures/pure-ll/*.dat --out "$OUT/universality-pure-ll" --force

say "Done. Reports and plots:"
ls "$OUT"/*/*
