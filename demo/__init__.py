"""Benign material drawn by code: an empty furnished house, and the ten days played with it."""
