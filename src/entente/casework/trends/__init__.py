"""Re-shares as new harm, and figures for prevention and policy."""
