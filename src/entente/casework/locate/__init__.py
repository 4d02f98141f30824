"""From clues to a region that can be trusted."""
