"""Run every campaign: ``python -m fuzzing``."""

from __future__ import annotations

import os
import random
import resource
import sys
import time

from fuzzing import commands, extremes, faults, hostile, own_files, reading

# Campaigns and the share of the time that each may have.
_CAMPAIGNS = (
    (reading.campaign, 0.1),
    (commands.campaign, 0.15),
    (extremes.campaign, 0.3),
    (own_files.campaign, 0.1),
    (hostile.campaign, 0.2),
    (faults.campaign, 0.15),
)


def main() -> int:
    """Print what was tried and found, as it stands in docs/reliability.md; 1 if anything was."""
    seconds = float(os.environ.get("FUZZ_SECONDS", "120"))
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FUZZ_SECONDS={seconds:g} FUZZ_SEED={seed}")
    began = time.monotonic()
    wrong = 0
    for campaign, share in _CAMPAIGNS:
        findings = campaign(seed, share * seconds)
        wrong += len(findings.wrong)
        counts = ", ".join(f"{count} {what}" for what, count in sorted(findings.counts.items()))
        print(
            f"{findings.name}: {counts}; slowest {findings.slowest_s:.1f} s; {len(findings.wrong)} findings"
        )
        for text in findings.wrong[:20]:
            print(f"  FOUND {text}")
        sys.stdout.flush()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.monotonic() - began:.0f} s, {memory:.0f} MB at most in this process, {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
