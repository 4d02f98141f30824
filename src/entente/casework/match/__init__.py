"""Is it known? Exactly or nearly, with the reason."""
