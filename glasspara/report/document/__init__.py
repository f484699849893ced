"""JSON reports: one document a command."""
