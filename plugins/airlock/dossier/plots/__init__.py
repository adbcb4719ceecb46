"""The pictures of the dossier: one look, the same bytes for the same evidence, as SVG and as PNG."""
