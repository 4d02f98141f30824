"""Who does the heavy work: one interface, local processes now, a cluster as an extra."""
