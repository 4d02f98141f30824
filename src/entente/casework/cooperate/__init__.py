"""Who can help, and with what shown? A precise question to named partners, and their graded answers."""
