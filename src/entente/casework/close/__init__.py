"""The child is safe; everyone who helped learns it."""
