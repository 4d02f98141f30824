"""Has a partner seen this? Hit with owner and contact, or nothing."""
