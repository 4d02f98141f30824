"""The bytes: originals, sealed; and the only door from bytes to frames and sound."""
