"""Receive, seal, open: found media become evidence."""
