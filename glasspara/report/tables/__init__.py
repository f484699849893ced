"""CSV tables, a module a command."""
