"""Results for the reader at the terminal, a module a command; the only place that writes with rich."""
