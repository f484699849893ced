"""Results as JSON, CSV, console text and figures."""
