"""``python -m glasspara``."""

from glasspara.cli.main import run

run()
