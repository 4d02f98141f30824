"""Two worlds: what is hidden from somebody changes nothing of what that person is told."""
