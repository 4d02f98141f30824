"""The law: pure rules that a data-protection officer can read in one sitting."""
