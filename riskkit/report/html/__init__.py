"""The report as one HTML file: sections, tables, figures and the what-if."""
