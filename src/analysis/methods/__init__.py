"""Methods that are small and this programme's own: rates and ranks of areas, smoothing, flows between places."""
