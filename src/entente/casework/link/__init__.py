"""What belongs with it? Series, each link with its reason."""
