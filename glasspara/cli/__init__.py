"""The command line: one module a command, no physics, the only typer."""
