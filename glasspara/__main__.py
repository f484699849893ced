"""``python -m glasspara``, and the program ``glasspara``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program; Ctrl-C is answered in one line even while it is still being loaded."""
    try:
        from glasspara.cli.main import run

        run()
    except KeyboardInterrupt:
        print("interrupted; nothing half-written", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
