"""The front door: addresses, settings, layout, log-in, board and case page."""
