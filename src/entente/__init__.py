"""Entente: victim identification coordination, from a video found online to a child made safe."""

__version__ = "0.1.0"
