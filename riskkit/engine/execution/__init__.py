"""How a run is executed: threads, processes and clusters, memory, files, checkpoints."""
