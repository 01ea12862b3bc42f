"""Results as folders, Parquet, Excel, LaTeX, frames and text."""
