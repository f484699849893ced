"""Run every benchmark: ``python -m benchmarks``; status 1 where a ratio is worse than its reference."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> int:
    worse = 0
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            print(f"# {module.name}")
            worse += importlib.import_module(f"benchmarks.{module.name}").main() or 0
            print()
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
