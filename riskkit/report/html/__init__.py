"""The report as one HTML file: its sections, tables, figures and the what-if."""
