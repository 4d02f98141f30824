"""The partners' documents: one file each, with read, write, and what is lost."""
