"""Search day: elements seen meet elements found."""
